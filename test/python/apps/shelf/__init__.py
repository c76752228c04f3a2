"""A Django application with the route shapes that Django has."""
