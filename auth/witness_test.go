package auth

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// transport answers without ever saying that a request was written.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A server may answer a request before this side has heard from the system that the last
// byte of it is on its way: whether an answer was lost must not hang on which comes first.
func TestAnswerThatBreaksOffIsLostHoweverEarlyItBegan(t *testing.T) {
	reset := errors.New("connection reset")
	for name, test := range map[string]struct {
		answer io.Reader
		err    error
		lost   bool
	}{
		"breaks off":                  {answer: io.MultiReader(strings.NewReader(`{"access_token":`), iotest.ErrReader(io.ErrUnexpectedEOF)), lost: true},
		"breaks off at once":          {answer: iotest.ErrReader(reset), lost: true},
		"comes whole":                 {answer: strings.NewReader("{}")},
		"never comes, and unsent too": {err: reset},
	} {
		w := &witness{answered: func(string, http.Header) {}, base: transport(func(*http.Request) (*http.Response, error) {
			if test.err != nil {
				return nil, test.err
			}
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(test.answer)}, nil
		})}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://login.example/token", strings.NewReader("code=x"))
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := w.RoundTrip(req); err == nil {
			_, _ = io.ReadAll(resp.Body)
		}
		if got := isLost(w.testify(&UnavailableError{Step: "token"})); got != test.lost {
			t.Errorf("an answer that %s: lost = %v, want %v", name, got, test.lost)
		}
	}
}
