package authtest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// instead is a fault that answers in an endpoint's place.
func instead(e Endpoint, answer func(w http.ResponseWriter, r *http.Request)) Fault {
	return Fault{point: at(e), answer: func(w http.ResponseWriter, r *http.Request, _ <-chan struct{}) { answer(w, r) }}
}

// Status answers with a status and a short text.
func Status(e Endpoint, code int) Fault {
	return instead(e, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, http.StatusText(code), code) })
}

// TokenStatus is [Status] at the token endpoint.
func TokenStatus(code int) Fault { return Status(Token, code) }

// RetryAfter answers with a status, usually 429 or 503, and a Retry-After of whole seconds.
func RetryAfter(e Endpoint, code int, after time.Duration) Fault {
	return instead(e, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(int(after.Seconds())))
		http.Error(w, http.StatusText(code), code)
	})
}

// Hang does not answer until the fault is lifted or the asker has gone. When it is lifted, the
// connection breaks without an answer.
func Hang(e Endpoint) Fault {
	return Fault{point: at(e), answer: func(_ http.ResponseWriter, r *http.Request, lifted <-chan struct{}) {
		select {
		case <-lifted:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	}}
}

// Drop breaks the connection without an answer, and without having done anything.
func Drop(e Endpoint) Fault {
	return instead(e, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// LoseAnswer lets the endpoint do its work, so a refresh token is rotated, and then breaks the
// connection instead of answering.
func LoseAnswer(e Endpoint) Fault { return Fault{point: at(e), lose: true} }

// HTML answers 200 with a web page, as captive portals and misdirected proxies do.
func HTML(e Endpoint) Fault {
	return instead(e, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, "<!doctype html><title>Welcome</title><p>Please accept the terms of this network.")
	})
}

// Truncated answers 200 with the beginning of a JSON object.
func Truncated(e Endpoint) Fault {
	return instead(e, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"access_token":"cut o`)
	})
}

// Huge answers 200 with a JSON object of size bytes, or as much of it as is read.
func Huge(e Endpoint, size int) Fault {
	return instead(e, func(w http.ResponseWriter, _ *http.Request) {
		const open, shut = `{"access_token":"`, `"}`
		w.Header().Set("Content-Type", "application/json")
		_, err := fmt.Fprint(w, open)
		chunk := bytes.Repeat([]byte("x"), 64<<10)
		for left := size - len(open) - len(shut); left > 0 && err == nil; left -= len(chunk) {
			_, err = w.Write(chunk[:min(left, len(chunk))])
		}
		_, _ = fmt.Fprint(w, shut)
	})
}

// Reworded lets an endpoint do its work, and changes the header fields and the body of its answer.
func Reworded(e Endpoint, change func(header http.Header, body string) string) Fault {
	return Fault{point: at(e), reword: change}
}

// RedirectTo answers with a redirect, such as 302 or 307. With 307 a client that follows takes the
// body, and with it the secrets, along.
func RedirectTo(e Endpoint, code int, to string) Fault {
	return instead(e, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, code) })
}

// TokenError answers the token request with an OAuth error (RFC 6749, section 5.2), such as
// invalid_grant, interaction_required or slow_down, and with further fields, such as claims, if any.
// The status is 401 for invalid_client and 400 otherwise.
func TokenError(code string, further map[string]any) Fault {
	return instead(Token, func(w http.ResponseWriter, _ *http.Request) { writeError(w, code, "as the test wishes", further) })
}

// Entra is how Microsoft Entra words an error of its token endpoint. The provider only fakes the
// dialect; nothing else about it is Entra's.
type Entra struct {
	Error       string // "invalid_grant", "interaction_required", …
	Code        int    // the number after AADSTS
	Suberror    string // "basic_action", "bad_token", "consent_required", …; empty: left out
	Claims      string // a claims challenge, as JSON text; empty: left out
	Description string // the text after "AADSTS<Code>: "
}

// Identifiers in every answer of [EntraError].
const (
	EntraTraceID       = "00000000-7ace-4000-8000-000000000001"
	EntraCorrelationID = "00000000-c0de-4000-8000-000000000002"
)

// EntraError answers the token request with an error in Entra's dialect.
func EntraError(e Entra) Fault {
	return instead(Token, func(w http.ResponseWriter, _ *http.Request) {
		now := time.Now().UTC().Format("2006-01-02 15:04:05Z")
		fields := map[string]any{
			"error_codes": []int{e.Code}, "timestamp": now,
			"trace_id": EntraTraceID, "correlation_id": EntraCorrelationID,
			"error_uri": "https://login.microsoftonline.com/error?code=" + strconv.Itoa(e.Code),
		}
		if e.Suberror != "" {
			fields["suberror"] = e.Suberror
		}
		if e.Claims != "" {
			fields["claims"] = e.Claims
		}
		writeError(w, e.Error, fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			e.Code, e.Description, EntraTraceID, EntraCorrelationID, now), fields)
	})
}

// Metadata changes the metadata before they are sent.
func Metadata(change func(fields map[string]any)) Fault {
	return Fault{point: pointMetadata, metadata: change}
}

// OtherIssuer lets the metadata name another issuer.
func OtherIssuer() Fault {
	return Metadata(func(m map[string]any) { m["issuer"] = "https://other.example" })
}

// AuthorizationResponse changes the parameters that the browser takes to the redirect URI.
func AuthorizationResponse(change func(parameters url.Values)) Fault {
	return Fault{point: pointResponse, response: change}
}

// AuthorizationError lets the authorization end in an error (RFC 6749, section 4.1.2.1; OpenID
// Connect Core, section 3.1.2.6), such as login_required or server_error.
func AuthorizationError(code, description string) Fault {
	return AuthorizationResponse(func(v url.Values) {
		v.Del("code")
		v.Set("error", code)
		if description != "" {
			v.Set("error_description", description)
		}
	})
}

// AuthorizationIssuer lets the authorization response name another issuer; an empty one leaves iss
// out, whatever the metadata announce.
func AuthorizationIssuer(issuer string) Fault {
	return AuthorizationResponse(func(v url.Values) {
		if issuer == "" {
			v.Del("iss")
		} else {
			v.Set("iss", issuer)
		}
	})
}

// WrongState lets the authorization response carry another state.
func WrongState() Fault {
	return AuthorizationResponse(func(v url.Values) { v.Set("state", "another") })
}

// DateSkew moves the Date header of every answer, and nothing else.
func DateSkew(d time.Duration) Fault { return Fault{point: pointDate, skew: d} }

// NoDate leaves the Date header out of every answer, as Keycloak does.
func NoDate() Fault { return Fault{point: pointDate, dateless: true} }

// ClockSkew moves the provider's clock: the Date header, and all times in tokens. A program on
// a machine with a wrong clock sees the same.
func ClockSkew(d time.Duration) Fault { return Fault{point: pointClock, skew: d} }
