package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture/drawing"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// TestMain examines the demo's logos where it is started for that.
func TestMain(m *testing.M) {
	if code, ran := drawing.RunExamination(); ran {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// freePort is one that is free together with the next one.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		one, err := net.Listen("tcp", local(0))
		if err != nil {
			t.Fatal(err)
		}
		port := one.Addr().(*net.TCPAddr).Port
		two, err := net.Listen("tcp", local(port+1))
		one.Close()
		if err == nil {
			two.Close()
			return port
		}
	}
	t.Fatal("no two free ports beside each other")
	return 0
}

func home(t *testing.T) place {
	t.Helper()
	store := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
	return place{dir: t.TempDir(), port: freePort(t), words: words.New("en"), store: store}
}

// run opens a demo for as long as f needs.
func runDemo(t *testing.T, p place, f func(ctx context.Context, d *world)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	d, err := open(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	f(ctx, d)
	if err := d.close(); err != nil {
		t.Error(err)
	}
}

func settled(t *testing.T, ctx context.Context, d *world) localapi.State {
	t.Helper()
	s, err := d.settled(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signIn does what a person does who chooses Ada in the browser.
func signIn(t *testing.T, ctx context.Context, d *world) localapi.State {
	t.Helper()
	in, err := d.agent.SignIn(ctx, localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	page, err := http.Get(in.URL)
	if err != nil {
		t.Fatal(err)
	}
	page.Body.Close()
	request := page.Request.URL.Query().Get("request")
	end, err := http.PostForm(d.idp.Issuer()+"/login", url.Values{"request": {request}, "person": {"demo-ada"}})
	if err != nil {
		t.Fatal(err)
	}
	defer end.Body.Close()
	if _, err := io.ReadAll(end.Body); err != nil {
		t.Fatal(err)
	}
	for event, err := range d.agent.Watch(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if event.State != nil && event.State.Session.Phase != localapi.SigningIn {
			return *event.State
		}
	}
	return localapi.State{}
}

func TestSecondDemoSignsInByItself(t *testing.T) {
	p := home(t)
	runDemo(t, p, func(ctx context.Context, d *world) {
		s := settled(t, ctx, d)
		if s.Session.Phase != localapi.SignedOut || s.Portal == nil || s.Portal.Name != "Contoso IT" {
			t.Fatalf("the first demo begins with %+v", s)
		}
		if len(s.Portal.Apps) < 12 || s.Portal.LogoLight == "" || s.Portal.LogoDark == "" {
			t.Errorf("portal %+v, want a dozen apps and two logos", s.Portal)
		}
		if s = signIn(t, ctx, d); s.Session.Phase != localapi.SignedIn || s.Session.Account.Email != "ada@contoso.example" {
			t.Fatalf("after choosing Ada: %+v", s.Session)
		}
		for _, app := range s.Portal.Apps {
			if app.URL == "" || strings.Contains(app.URL, "{") {
				t.Errorf("app %s opens %q", app.ID, app.URL)
			}
		}
	})
	runDemo(t, p, func(ctx context.Context, d *world) {
		if s := settled(t, ctx, d); s.Session.Phase != localapi.SignedIn || s.Session.Account.Name != "Ada Lovelace" {
			t.Errorf("the second demo begins with %+v", s.Session)
		}
		if got := d.idp.Requests(); len(got) != 1 || got["/oauth/token"] != 1 {
			t.Errorf("the silent start asked %v, want one token request", got)
		}
	})
	p.fresh = true
	runDemo(t, p, func(ctx context.Context, d *world) {
		if s := settled(t, ctx, d); s.Session.Phase != localapi.SignedOut || s.Session.Account != nil {
			t.Errorf("a fresh demo begins with %+v", s.Session)
		}
		if n := d.idp.Grants(); n != 0 {
			t.Errorf("a fresh demo's service remembers %d sign-ins", n)
		}
	})
	p.fresh = false
	runDemo(t, p, func(ctx context.Context, d *world) {
		if s := settled(t, ctx, d); s.Session.Phase != localapi.SignedOut {
			t.Errorf("after a fresh demo: %+v", s.Session)
		}
	})
}

func TestPortThatIsTakenIsSaidInPlainWords(t *testing.T) {
	p := home(t)
	runDemo(t, p, func(ctx context.Context, _ *world) {
		for _, port := range []int{p.port, p.port - 1} { // the service's, the portal's
			other := home(t)
			other.port = port
			d, err := open(ctx, other)
			if err == nil {
				_ = d.close()
				t.Fatalf("two demos on port %d", p.port)
			}
			if text := err.Error(); !strings.Contains(text, "is taken") || !strings.Contains(text, "--port") {
				t.Errorf("error %q does not say what to do", text)
			}
		}
	})
}

func TestWithoutDisplayItNamesTheTour(t *testing.T) {
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	var out strings.Builder
	if code := run([]string{"--data-dir", filepath.Join(t.TempDir(), "demo")}, &out); code != localapi.ExitUnexpected {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(out.String(), "no display") || !strings.Contains(out.String(), "make tour") {
		t.Errorf("it says %q", out.String())
	}
}

func TestOutageIsToldAndEnded(t *testing.T) {
	p := home(t)
	say := func(args ...string) (int, string) {
		var out strings.Builder
		code := run(append([]string{"--data-dir", p.dir, "--port", strconv.Itoa(p.port), "outage"}, args...), &out)
		return code, out.String()
	}
	if code, said := say(); code != localapi.ExitUnexpected || !strings.Contains(said, "start portico-demo first") {
		t.Errorf("without a demo: exit %d, %s", code, said)
	}
	runDemo(t, p, func(context.Context, *world) {
		if code, said := say(); code != localapi.ExitDone || !strings.Contains(said, "--over") {
			t.Errorf("exit %d, %s", code, said)
		}
	})
	if code, said := say("--over"); code != localapi.ExitDone || !strings.Contains(said, "over") {
		t.Errorf("exit %d, %s", code, said)
	}
	if code, _ := say("now"); code != localapi.ExitUsage {
		t.Errorf("a word too many: exit %d", code)
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{{"--nonsense"}, {"word"}, {"--port", "many"}} {
		var out strings.Builder
		if code := run(args, &out); code != localapi.ExitUsage || out.Len() == 0 {
			t.Errorf("%v: exit %d, said %q", args, code, out.String())
		}
	}
}
