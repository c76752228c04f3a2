"""Views that answer as they are asked: ``?status=503``, ``?raise=1``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import include, path, re_path


def answer(request: HttpRequest, **_: Any) -> HttpResponse:
    if "raise" in request.GET:
        raise RuntimeError("the shelf broke")
    return HttpResponse("a book\n", status=int(request.GET.get("status", "200")))


def export(request: HttpRequest, **_: Any) -> HttpResponseBase:
    return StreamingHttpResponse((f"row {i}\n" for i in range(20)), content_type="text/csv")


urlpatterns = [
    path("", answer),
    path("books/<int:pk>/", answer),
    re_path(r"^archive/(?P<year>[0-9]{4})/$", answer),
    path("orders/", include([path("<uuid:order>/pay", answer)])),
    path("export/<slug:name>.csv", export),
]
