//go:build linux

package stage

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func newStage(t *testing.T, ctx context.Context, p Params) *Stage {
	t.Helper()
	p.Log = t.Output()
	s, err := New(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, err := processesWith(marker + "=" + s.Dir); err != nil || len(left) > 0 {
			t.Errorf("processes left behind: %v, %v", left, err)
		}
		if _, err := os.Stat(s.Dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was left behind: %v", s.Dir, err)
		}
	})
	return s
}

// app is where the browser comes back to, for the part of Portico.
func app(t *testing.T) (redirect string, answers <-chan url.Values) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan url.Values, 8)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			got <- r.URL.Query()
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<title>app</title><p>Back in the app</p>"))
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	return "http://" + l.Addr().String() + "/", got
}

func authorizationURL(p Provider, redirect string) string {
	config := oauth2.Config{
		ClientID: "portico", RedirectURL: redirect, Scopes: []string{"openid", "email", "profile", "offline_access"},
		Endpoint: oauth2.Endpoint{AuthURL: p.Issuer() + map[bool]string{true: "/auth", false: "/authorize"}[p.TokenPath() == "/token"]},
	}
	return config.AuthCodeURL("s-1", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()),
		oauth2.SetAuthURLParam("prompt", "consent"))
}

func TestPersonSignsInThroughTheBrowserThatAProgramOpens(t *testing.T) {
	providers := map[string]func(context.Context) (Provider, error){
		"demo":          DemoProvider,
		"oidc-provider": func(ctx context.Context) (Provider, error) { return OIDCProvider(ctx, t.Output()) },
	}
	openers := map[string]Params{
		"BROWSER":          {},
		"BROWSER, Firefox": {Browser: Firefox},
		"xdg-open":         {XDGOpen: true, Display: true},
	}
	for name, start := range providers {
		for opener, params := range openers {
			t.Run(name+" by "+opener, func(t *testing.T) {
				ctx := within(t, time.Minute)
				p, err := start(ctx)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				params.KeyStore = NoSessionBus
				s := newStage(t, ctx, params)
				redirect, answers := app(t)
				open := func() *Page {
					t.Helper()
					command := Command{Name: "sh", Args: []string{"-c", `"$BROWSER" "$1" &`, "sh", authorizationURL(p, redirect)}}
					if params.XDGOpen {
						command = Command{Name: "sh", Args: []string{"-c", `xdg-open "$1" &`, "sh", authorizationURL(p, redirect)}}
					}
					if _, err := s.Start(command); err != nil {
						t.Fatal(err)
					}
					page, err := s.Browser.Opened(ctx)
					if err != nil {
						t.Fatal(err)
					}
					return page
				}

				page := open()
				if err := p.SignIn(ctx, page, "ada"); err != nil {
					t.Fatal(err)
				}
				if err := page.WaitBack(ctx, p.Issuer()); err != nil {
					t.Fatal(err)
				}
				if text, err := page.Text(ctx); err != nil || text != "Back in the app" {
					t.Errorf("the app's page says %q, %v", text, err)
				}
				if answer := <-answers; answer.Get("code") == "" || answer.Get("state") != "s-1" {
					t.Errorf("the app got %v", answer)
				}
				if alive, err := p.Alive(ctx); err != nil || alive.Sessions != 1 {
					t.Errorf("%+v, %v; want one browser signed in", alive, err)
				}

				// The same browser: nobody is asked who they are.
				page = open()
				if err := p.SignInAgain(ctx, page); err != nil {
					t.Fatal(err)
				}
				if err := page.WaitBack(ctx, p.Issuer()); err != nil {
					t.Fatal(err)
				}
				if answer := <-answers; answer.Get("code") == "" {
					t.Errorf("the second time the app got %v", answer)
				}
				if n := s.Browser.Openings(); n != 2 {
					t.Errorf("counted %d openings, want 2", n)
				}

				if err := s.Browser.Quit(); err != nil {
					t.Fatal(err)
				}
				page = open()
				if _, err := page.URL(ctx); err != nil {
					t.Errorf("a browser opened after it was closed: %v", err)
				}
			})
		}
	}
}

func TestSayingNoComesBackAsAccessDenied(t *testing.T) {
	ctx := within(t, time.Minute)
	s := newStage(t, ctx, Params{KeyStore: NoSessionBus})
	for name, start := range map[string]func(context.Context) (Provider, error){
		"demo":          DemoProvider,
		"oidc-provider": func(ctx context.Context) (Provider, error) { return OIDCProvider(ctx, t.Output()) },
	} {
		t.Run(name, func(t *testing.T) {
			p, err := start(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			redirect, answers := app(t)
			if _, err := s.Start(Command{Name: s.Browser.Script, Args: []string{authorizationURL(p, redirect)}}); err != nil {
				t.Fatal(err)
			}
			page, err := s.Browser.Opened(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Deny(ctx, page); err != nil {
				t.Fatal(err)
			}
			if err := page.WaitBack(ctx, p.Issuer()); err != nil {
				t.Fatal(err)
			}
			if answer := <-answers; answer.Get("error") != "access_denied" {
				t.Errorf("the app got %v", answer)
			}
		})
	}
}

func TestKeyStores(t *testing.T) {
	const put = `printf secret | secret-tool store --label="a label" service portico username one`
	tests := map[string]struct {
		kind KeyStore
		ok   bool
	}{
		"unlocked": {KeyStoreUnlocked, true},
		"locked":   {KeyStoreLocked, false},
		"absent":   {KeyStoreAbsent, false},
		"no bus":   {NoSessionBus, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ctx := within(t, 30*time.Second)
			s := newStage(t, ctx, Params{KeyStore: test.kind})
			r, err := s.Run(ctx, Command{Name: "sh", Args: []string{"-c", put}})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Code == 0; got != test.ok {
				t.Fatalf("a secret was stored: %t (%s), want %t", got, r.Tail, test.ok)
			}
			if !test.ok {
				return
			}
			secrets, err := s.Secrets(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if len(secrets) != 1 || secrets[0].Label != "a label" || secrets[0].Attributes["username"] != "one" || string(secrets[0].Value) != "secret" {
				t.Errorf("the key store holds %v", secrets)
			}
		})
	}
}

func TestPictureOfTheScreen(t *testing.T) {
	ctx := within(t, 30*time.Second)
	s := newStage(t, ctx, Params{Display: true, Screen: "640x480", KeyStore: NoSessionBus})
	file := filepath.Join(t.TempDir(), "screen.png")
	if err := s.Display.Picture(ctx, file); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds().Size(); size.X != 640 || size.Y != 480 {
		t.Errorf("the picture is %v", size)
	}
}

func TestFramebufferShowsWhatIsOnTheScreen(t *testing.T) {
	ctx := within(t, time.Minute)
	s := newStage(t, ctx, Params{Display: true, Framebuffer: true, Screen: "640x480", KeyStore: NoSessionBus})
	screen, err := s.Display.Framebuffer()
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	// Shades of grey above, as the edges of letters have, and black below.
	shades := image.NewGray(image.Rect(0, 0, 200, 100))
	for i := range shades.Pix[:50*shades.Stride] {
		shades.Pix[i] = byte(i % shades.Stride)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, shades); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(Command{Name: "display", Args: []string{"-title", "Shades", "png:-"}, Stdin: &picture}); err != nil {
		t.Fatal(err)
	}
	id, err := s.Display.xdotool(ctx, "search", "--sync", "--onlyvisible", "--name", "^Shades$")
	if err != nil {
		t.Fatal(err)
	}
	window := &Window{ID: strings.TrimSpace(id), display: s.Display}
	if err := window.Settled(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Display.PointAway(ctx); err != nil {
		t.Fatal(err)
	}
	place, err := window.Content(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if place.Dx() != 200 || place.Dy() != 100 {
		t.Fatalf("the window is at %v", place)
	}
	if n := screen.Colours(place, 8); n != 8 {
		t.Errorf("the window has %d colours", n)
	}
	place.Min.Y += 50
	if n := screen.Colours(place, 8); n != 1 {
		t.Errorf("below the shades the window has %d colours", n)
	}
	if n := screen.Colours(image.Rect(600, 400, 9999, 9999), 8); n != 1 {
		t.Errorf("the empty screen has %d colours", n)
	}
}

func TestEveryProcessIsEnded(t *testing.T) {
	ctx := within(t, 30*time.Second)
	s, err := New(ctx, Params{KeyStore: NoSessionBus})
	if err != nil {
		t.Fatal(err)
	}
	// One that leaves its process group and its parent, as a daemon does.
	p, err := s.Start(Command{Name: "sh", Args: []string{"-c", "setsid sleep 600 >/dev/null 2>&1 & echo started; exec sleep 600"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.WaitLine(ctx, func(line string) bool { return line == "started" }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := processesWith(marker + "=" + s.Dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestMissingProgramIsNamedWithItsPackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := New(t.Context(), Params{Display: true, KeyStore: NoSessionBus})
	var m *Missing
	if !errors.As(err, &m) || m.Program != "Xvfb" || m.Package != "xvfb" {
		t.Fatalf("error %v, want Xvfb missing", err)
	}
	if !strings.Contains(err.Error(), "install the system package xvfb") {
		t.Errorf("the error does not say what to install: %v", err)
	}
}
