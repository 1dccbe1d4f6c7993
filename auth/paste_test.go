package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// endsOn is where a browser on another computer ends: an address that nobody
// answers there.
func endsOn(t *testing.T, d *desk, address string) string {
	t.Helper()
	browser := d.provider.Client()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Location")
}

func TestPastedAddressCompletesTheSignIn(t *testing.T) {
	query := func(address string) string { _, q, _ := strings.Cut(address, "?"); return q }
	tests := map[string]struct {
		elsewhere bool // from the beginning
		paste     func(address string) string
	}{
		"from the beginning":        {true, func(a string) string { return a }},
		"with the other link":       {false, func(a string) string { return a }},
		"blanks around it":          {false, func(a string) string { return " \t" + a + "\r\n" }},
		"quotes around it":          {false, func(a string) string { return `"` + a + `"` }},
		"angle brackets":            {false, func(a string) string { return "<" + a + ">" }},
		"broken by a mail program":  {false, func(a string) string { return a[:60] + "\r\n" + a[60:] }},
		"the query alone":           {false, query},
		"the query with its mark":   {false, func(a string) string { return "?" + query(a) }},
		"as a browser decorates it": {false, func(a string) string { return a + "#" }},
		"with another host":         {false, func(a string) string { return strings.Replace(a, "127.0.0.1", "desk.contoso.example", 1) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, authtest.WithFormPost())
			in, err := d.client().Begin(t.Context(), auth.BeginOptions{Elsewhere: test.elsewhere})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(in.Cancel)
			link := in.URL()
			if !test.elsewhere {
				if link, err = in.ElsewhereURL(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			address := endsOn(t, d, link)
			for _, wrong := range []string{"", "?", "nonsense", "http://127.0.0.1/?code=x&state=y", strings.Replace(address, "state=", "state=x", 1),
				address + "&state=again", strings.Replace(address, "code=", "kode=", 1), strings.Repeat("x", 1<<20), "%zz"} {
				if err := in.Paste(wrong); !errors.Is(err, auth.ErrNotThisSignIn) {
					t.Errorf("%.60q: %v, want ErrNotThisSignIn", wrong, err)
				}
			}
			if err := in.Paste(test.paste(address)); err != nil {
				t.Fatal(err)
			}
			tokens, err := in.Wait()
			if err != nil || !tokens.Remembered() {
				t.Errorf("tokens = %v, %v", tokens, err)
			}
		})
	}
}

func TestBothLinksStayGoodAndTheFirstAnswerCounts(t *testing.T) {
	d := newDesk(t, authtest.WithFormPost())
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	link, err := in.ElsewhereURL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a, b := stateOf(t, link), stateOf(t, in.URL()); a != b {
		t.Error("the two links have different states")
	}
	address := endsOn(t, d, link)
	ended := make(chan error, 1)
	go func() { _, err := in.Wait(); ended <- err }()
	if _, err := d.provider.Browse(t.Context(), in.URL()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	_ = in.Paste(address) // too late, and without effect
	if n := len(d.provider.Requests(authtest.Token)); n != 1 {
		t.Errorf("%d token requests, want one", n)
	}
}

func stateOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("state")
}

func TestPushedRequestIsPushedAgainForEveryLink(t *testing.T) {
	d := newDesk(t, authtest.WithPAR(true))
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Cancel)
	first := in.URL()
	second, err := in.Renew(t.Context())
	if err != nil || second == first || in.URL() != second {
		t.Fatalf("renewed to %s, %v", second, err)
	}
	elsewhere, err := in.ElsewhereURL(t.Context())
	if err != nil || elsewhere == second {
		t.Fatalf("elsewhere %s, %v", elsewhere, err)
	}
	if err := in.Paste(endsOn(t, d, elsewhere)); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Wait(); err != nil {
		t.Error(err)
	}
	if n := len(d.provider.Requests(authtest.PushedAuthorization)); n != 3 {
		t.Errorf("%d requests were pushed, want 3", n)
	}
}

func TestWithoutPushingTheAddressStaysTheSame(t *testing.T) {
	d := newDesk(t)
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Cancel(); _, _ = in.Wait() })
	if again, err := in.Renew(t.Context()); err != nil || again != in.URL() {
		t.Errorf("renewed to %s, %v", again, err)
	}
}

func TestPastedRefusalWaitsForThePerson(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	lift := d.provider.Fault(authtest.Refuse(90094, authtest.Authorize))
	needs := make(chan auth.ConsentNeeded, 2)
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{Elsewhere: true, OnConsent: func(n auth.ConsentNeeded) { needs <- n }})
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{t: t, d: d, in: in, consents: needs, ended: make(chan error, 1)}
	go func() { _, err := in.Wait(); v.ended <- err }()
	if err := in.Paste(endsOn(t, d, in.URL())); err != nil {
		t.Fatal(err)
	}
	if n := v.next(); !n.NeedsPerson || !n.NextLook.IsZero() {
		t.Errorf("need = %+v: no browser here looks by itself", n)
	}
	lift()
	link, err := in.ElsewhereURL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Paste(endsOn(t, d, link)); err != nil {
		t.Fatal(err)
	}
	if err := v.end(); err != nil {
		t.Error(err)
	}
}

func TestPasteWhileConsentIsAwaited(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	v, _ := visitEntra(t, d, authtest.ConsentOfAdmin, auth.BeginOptions{})
	d.provider.NeedConsent(authtest.ConsentGiven)
	link, err := v.in.ElsewhereURL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := v.in.Paste(endsOn(t, d, link)); err != nil {
		t.Fatal(err)
	}
	if err := v.end(); err != nil {
		t.Error(err)
	}
}
