// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/notifytest"
	"github.com/leadline/leadline/internal/notify/secret"
	"github.com/leadline/leadline/internal/notify/webhook"
)

func later() time.Time { return notifytest.Noon.Add(5 * time.Minute) }

func TestPayloads(t *testing.T) {
	r := notifytest.NewReceiver(t)
	c := webhook.New(webhook.Config{URL: r.At(t, "/hook")}, notifytest.Client(), later)
	for _, name := range []string{"page", "ticket of a group", "resolved while another fires", "no longer measured", "reminder", "digest", "test", "heartbeat", "hostile"} {
		t.Run(name, func(t *testing.T) {
			if err := c.Send(context.Background(), notifytest.Message(name)); err != nil {
				t.Fatal(err)
			}
			q := r.Requests()[0]
			notifytest.Golden(t, strings.ReplaceAll(name, " ", "-")+".json", notifytest.Indented(t, q.Body))
		})
	}
}

// fields are those of the format, with the kind of each, as Alertmanager
// documents them for <webhook_config>.
var (
	fields = map[string]string{
		"version": "string", "groupKey": "string", "truncatedAlerts": "number", "status": "status", "receiver": "string",
		"groupLabels": "texts", "commonLabels": "texts", "commonAnnotations": "texts", "externalURL": "string",
		"notification_reason": "string", "alerts": "alerts",
	}
	alertFields = map[string]string{
		"status": "status", "labels": "texts", "annotations": "texts", "startsAt": "time", "endsAt": "time",
		"generatorURL": "string", "fingerprint": "fingerprint",
	}
)

// TestFormat holds every message against the format: exactly its fields, each
// of its kind.
func TestFormat(t *testing.T) {
	r := notifytest.NewReceiver(t)
	c := webhook.New(webhook.Config{URL: r.At(t, "/")}, notifytest.Client(), later)
	for _, m := range notifytest.Messages() {
		t.Run(m.Name, func(t *testing.T) {
			if err := c.Send(context.Background(), m.Message); err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(r.Requests()[0].Body, &got); err != nil {
				t.Fatal(err)
			}
			check(t, "", fields, got)
			if got["version"] != "4" {
				t.Errorf("version %v", got["version"])
			}
		})
	}
}

func check(t *testing.T, at string, want map[string]string, got map[string]any) {
	t.Helper()
	for name := range got {
		if want[name] == "" {
			t.Errorf("%s%s is not of the format", at, name)
		}
	}
	for name, kind := range want {
		value, ok := got[name]
		if !ok || !is(t, kind, value) {
			t.Errorf("%s%s is %v, want a %s", at, name, value, kind)
		}
	}
}

func is(t *testing.T, kind string, value any) bool {
	text, isText := value.(string)
	switch kind {
	case "string":
		return isText
	case "number":
		_, ok := value.(float64)
		return ok
	case "status":
		return slices.Contains([]string{"firing", "resolved"}, text)
	case "time":
		_, err := time.Parse(time.RFC3339, text)
		return err == nil
	case "fingerprint":
		return len(text) == 16
	case "texts":
		all, ok := value.(map[string]any)
		for _, v := range all {
			_, isText := v.(string)
			ok = ok && isText
		}
		return ok
	case "alerts":
		all, ok := value.([]any)
		for i, a := range all {
			check(t, fmt.Sprintf("alerts[%d].", i), alertFields, a.(map[string]any))
		}
		return ok && len(all) > 0
	}
	return false
}

func TestHeaders(t *testing.T) {
	r := notifytest.NewReceiver(t)
	key := base64.StdEncoding.EncodeToString([]byte("hunter2-signing-key"))
	c := webhook.New(webhook.Config{
		URL: r.At(t, "/hook"), SecretFile: secret.File(notifytest.Secret(t, "whsec_"+key)),
		AuthorizationFile: secret.File(notifytest.Secret(t, "Bearer hunter2-token")), Headers: map[string]string{"X-Team": "checkout"},
	}, notifytest.Client(), later)
	if err := c.Send(context.Background(), notifytest.Message("repeat")); err != nil {
		t.Fatal(err)
	}
	q := r.Requests()[0]
	h := hmac.New(sha256.New, []byte("hunter2-signing-key"))
	fmt.Fprintf(h, "01HXDELIVERY.%d.%s", later().Unix(), q.Body)
	for name, want := range map[string]string{
		"Leadline-Delivery": "01HXDELIVERY", "Leadline-Attempt": "2", "Content-Type": "application/json",
		"X-Team": "checkout", "Authorization": "Bearer hunter2-token",
		"Webhook-Id": "01HXDELIVERY", "Webhook-Timestamp": fmt.Sprint(later().Unix()),
		"Webhook-Signature": "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)),
	} {
		if got := q.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestSignature is the example that libraries of the specification publish.
func TestSignature(t *testing.T) {
	got := webhook.Signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestSecretsStay scans whatever the channel says for its secrets.
func TestSecretsStay(t *testing.T) {
	r := notifytest.NewReceiver(t)
	r.Answer = notifytest.Status(403, "no: /hook/hunter2-path?token=hunter2-query Bearer hunter2-token hunter2-signing-key")
	cfg := webhook.Config{
		URLFile: secret.File(notifytest.Secret(t, r.URL+"/hook/hunter2-path?token=hunter2-query")), AllowPrivate: true,
		SecretFile:        secret.File(notifytest.Secret(t, "hunter2-signing-key")),
		AuthorizationFile: secret.File(notifytest.Secret(t, "Bearer hunter2-token")),
	}
	c := webhook.New(cfg, notifytest.Client(), later)
	refused := c.Send(context.Background(), notifytest.Message("page"))
	r.Close()
	unreachable := c.Send(context.Background(), notifytest.Message("page"))
	if errs.KindOf(refused) != errs.Invalid || errs.KindOf(unreachable) != errs.Unavailable {
		t.Errorf("got %v and %v", refused, unreachable)
	}
	if text := fmt.Sprintf("%v %v %+v %#v %+v %#v", refused, unreachable, cfg, cfg, c, c); strings.Contains(text, "hunter2") {
		t.Error(text)
	}
	for _, file := range []secret.File{cfg.URLFile, cfg.SecretFile, cfg.AuthorizationFile} {
		whole, err := os.ReadFile(string(file))
		if err != nil {
			t.Fatal(err)
		}
		write := func(content []byte) {
			if err := os.WriteFile(string(file), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write([]byte("hunter2\x00 hunter2\nhunter2"))
		err = c.Send(context.Background(), notifytest.Message("page"))
		if errs.KindOf(err) != errs.Unavailable || strings.Contains(fmt.Sprint(err), "hunter2") || !strings.Contains(fmt.Sprint(err), string(file)) {
			t.Errorf("a broken secret: %v", err)
		}
		write(whole)
	}
}
