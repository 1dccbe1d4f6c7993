package auth_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
)

// A provider that leaves the state out of its error, or a tab of an earlier sign-in,
// ends nothing, and the person reads so in the program's words.
func TestAnswerOfNoSignInIsExplainedAndIgnored(t *testing.T) {
	for name, test := range map[string]struct {
		stray loopback.Page
		want  string
	}{
		"in the program's words": {loopback.Page{Title: "Das gehört nicht hierher"}, "Das gehört nicht hierher"},
		"in the engine's":        {loopback.Page{}, "This answer does not belong to a sign-in that is open here"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			in, err := d.client().Begin(t.Context(), auth.BeginOptions{Stray: test.stray})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(in.Cancel)
			resp, err := d.provider.Client().Get(redirectOf(t, in.URL()) + "?error=invalid_scope&error_description=repeated")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), test.want) || strings.Contains(string(body), "repeated") {
				t.Errorf("%s: %s", resp.Status, body)
			}
			ended := make(chan error, 1)
			go func() { _, err := in.Wait(); ended <- err }()
			if _, err := d.provider.Browse(t.Context(), in.URL()); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err != nil {
				t.Errorf("the sign-in afterwards: %v", err)
			}
		})
	}
}

// Keycloak words a sign-in page that was left open as if it were out of order.
func TestSignInPageThatWasLeftOpenIsNoFaultOfTheProvider(t *testing.T) {
	for name, test := range map[string]struct {
		code, description string
		reason            auth.Reason
		status            int
	}{
		"Keycloak":               {"temporarily_unavailable", "authentication_expired", auth.ReasonInterrupted, 0},
		"in words":               {"temporarily_unavailable", "Authentication expired.", auth.ReasonInterrupted, 0},
		"as a code":              {"authentication_expired", "", auth.ReasonInterrupted, 0},
		"really out of order":    {"temporarily_unavailable", "maintenance", auth.ReasonFailing, 503},
		"nothing more said":      {"temporarily_unavailable", "", auth.ReasonFailing, 503},
		"more than that is said": {"temporarily_unavailable", "authentication_expired_service_down", auth.ReasonFailing, 503},
		"another code":           {"server_error", "authentication_expired", auth.ReasonFailing, 500},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.provider.Fault(authtest.AuthorizationError(test.code, test.description))
			_, _, err := d.signIn(d.client(), auth.BeginOptions{})
			if r := auth.ReasonOf(err); r != test.reason {
				t.Errorf("err = %v, reason %s, want %s", err, r, test.reason)
			}
			var passing *auth.UnavailableError
			status := 0
			if errors.As(err, &passing) {
				status = passing.Status
			}
			if status != test.status {
				t.Errorf("err = %v, want the status %d", err, test.status)
			}
		})
	}
}
