package session

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// records are what was recorded, as "event account method outcome".
type records struct {
	mu  sync.Mutex
	all []string
}

func (r *records) add(a Audit) {
	outcome := "ok"
	if a.Problem != nil {
		outcome = string(a.Problem.Code)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, strings.Join(strings.Fields(fmt.Sprint(a.Event, " ", a.Provider, " ", a.Account, " ", a.Method, " ", outcome)), " "))
}

func (r *records) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	r.all = nil
	return all
}

// Each outcome makes one line, and what goes on by itself makes none.
func TestEachOutcomeIsRecordedOnce(t *testing.T) {
	const ada, graceIs = "ada@contoso.example", "grace"
	remembered := func(d *desk) { r := d.start(); r.signIn(); r.stop() }
	for name, story := range map[string]struct {
		options []authtest.Option
		before  func(*desk)
		do      func(*testing.T, *desk, *running)
		want    []string
	}{
		"signed in": {
			do:   func(_ *testing.T, _ *desk, r *running) { r.signIn() },
			want: []string{"sign-in work " + ada + " browser ok"},
		},
		"signed in with a code": {
			options: []authtest.Option{authtest.WithDevice(time.Second, 0)},
			do: func(t *testing.T, _ *desk, r *running) {
				if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Device: true}); err != nil {
					t.Fatal(err)
				}
				r.await(phase(localapi.SignedIn))
			},
			want: []string{"sign-in work " + ada + " device ok"},
		},
		"signed in by hand": {
			do: func(t *testing.T, d *desk, r *running) {
				in, err := r.SignIn(t.Context(), localapi.SignInRequest{Elsewhere: true})
				if err != nil {
					t.Fatal(err)
				}
				if err := r.Paste("http://127.0.0.1/?code=x&state=y"); err == nil {
					t.Error("a wrong address is taken")
				}
				if err := r.Paste(answerTo(t, d, in.URL)); err != nil {
					t.Fatal(err)
				}
				r.await(phase(localapi.SignedIn))
			},
			want: []string{"sign-in work " + ada + " pasted ok"},
		},
		"declined": {
			before: func(d *desk) { d.provider.Behave(authtest.Denies) },
			do:     func(t *testing.T, d *desk, r *running) { r.tryTo(t, localapi.Declined) },
			want:   []string{"sign-in work browser declined"},
		},
		"an answer that cannot be trusted": {
			before: func(d *desk) { d.provider.Fault(authtest.WrongNonce()) },
			do:     func(t *testing.T, d *desk, r *running) { r.tryTo(t, localapi.Untrusted) },
			want:   []string{"sign-in work browser untrusted"},
		},
		"cancelled": {
			do: func(t *testing.T, _ *desk, r *running) {
				if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
					t.Fatal(err)
				}
				r.CancelSignIn()
			},
			want: []string{"sign-in work browser cancelled"},
		},
		"not even begun": {
			before: func(d *desk) { d.provider.Fault(authtest.Status(authtest.Discovery, 500)) },
			do: func(t *testing.T, _ *desk, r *running) {
				if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); code(err) != localapi.ProviderFailing {
					t.Fatal(err)
				}
			},
			want: []string{"sign-in work browser provider-failing"},
		},
		"one attempt in place of another": {
			do: func(t *testing.T, _ *desk, r *running) {
				if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
					t.Fatal(err)
				}
				r.signInAs(localapi.SignInRequest{Another: true})
			},
			want: []string{"sign-in work " + ada + " browser ok"},
		},
		"a silent start, and renewals after it": {
			before: remembered,
			do: func(t *testing.T, _ *desk, r *running) {
				for range 3 {
					if err := r.Refresh(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			},
			want: []string{"renewal work " + ada + " silent ok"},
		},
		"a silent start without a network, and with one": {
			before: func(d *desk) { remembered(d); d.provider.Fault(authtest.Drop(authtest.Token)) },
			do: func(t *testing.T, d *desk, r *running) {
				r.await(phase(localapi.Offline))
				_ = r.Refresh(t.Context())
				d.provider.Heal()
				if err := r.Refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
			},
			want: []string{"renewal work " + ada + " silent ok"},
		},
		"a renewal that fails for good, again and again, until it works": {
			before: func(d *desk) { remembered(d); d.provider.Fault(authtest.TokenError("invalid_client", nil)) },
			do: func(t *testing.T, d *desk, r *running) {
				r.await(phase(localapi.Blocked))
				_ = r.Refresh(t.Context())
				d.provider.Heal()
				if err := r.Refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
			},
			want: []string{"renewal work " + ada + " silent client-rejected", "renewal work " + ada + " silent ok"},
		},
		"the provider ends the sign-in": {
			before: func(d *desk) { remembered(d); d.provider.Revoke() },
			do: func(t *testing.T, _ *desk, r *running) {
				r.await(phase(localapi.NeedsSignIn))
				_ = r.Refresh(t.Context())
			},
			want: []string{"dropped work " + ada + " silent sign-in-expired"},
		},
		"another account, and back": {
			before: func(d *desk) {
				r := d.start()
				r.signIn()
				d.provider.SetPerson(grace())
				r.signInAs(localapi.SignInRequest{Another: true})
				r.stop()
			},
			do: func(t *testing.T, _ *desk, r *running) {
				_, ids := r.accounts()
				if err := r.UseAccount(t.Context(), ids[authtest.Ada().Name]); err != nil {
					t.Fatal(err)
				}
			},
			want: []string{"renewal work " + graceIs + " silent ok", "renewal work " + ada + " silent ok"},
		},
		"signed out": {
			before: remembered,
			do: func(t *testing.T, _ *desk, r *running) {
				r.await(phase(localapi.SignedIn))
				if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
					t.Fatal(err)
				}
			},
			want: []string{"renewal work " + ada + " silent ok", "sign-out work " + ada + " ok"},
		},
		"signed out, and the key store does not obey": {
			before: remembered,
			do: func(t *testing.T, d *desk, r *running) {
				r.await(phase(localapi.SignedIn))
				d.keyStore.Fail(vault.Failing)
				if report, err := r.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil || report.Local != localapi.StepFailed {
					t.Fatalf("%+v, %v", report, err)
				}
			},
			want: []string{"renewal work " + ada + " silent ok", "sign-out work " + ada + " sign-out-incomplete"},
		},
		"forgotten": {
			before: remembered,
			do: func(t *testing.T, _ *desk, r *running) {
				r.await(phase(localapi.SignedIn))
				r.Forget(t.Context())
			},
			want: []string{"renewal work " + ada + " silent ok", "forget work " + ada + " ok"},
		},
		"nobody to forget": {
			do:   func(t *testing.T, _ *desk, r *running) { r.Forget(t.Context()) },
			want: []string{"forget ok"},
		},
		"nobody, and a window that asks": {
			do:   func(t *testing.T, _ *desk, r *running) { _ = r.Refresh(t.Context()) },
			want: nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, story.options...)
			var told records
			if story.before != nil {
				story.before(d)
			}
			d.change = func(p *Params) { p.Audit = told.add }
			r := d.start()
			story.do(t, d, r)
			r.stop()
			if diff := cmp.Diff(story.want, told.take()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// tryTo goes to the browser and comes back with this problem.
func (r *running) tryTo(t *testing.T, want localapi.Code) {
	t.Helper()
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.d.provider.Browse(t.Context(), in.URL); err != nil {
		t.Fatal(err)
	}
	r.await(func(s localapi.Session) bool { return s.Problem != nil && s.Problem.Code == want })
}

// answerTo is the address at which a browser ends that runs on another computer.
func answerTo(t *testing.T, d *desk, address string) string {
	t.Helper()
	web := d.provider.Client()
	web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := web.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Location")
}

// What is recorded is told apart by who is told of it, not by what is shown: the
// person's address is there, nothing that a provider said is.
func TestRecordNamesWhoAndWhere(t *testing.T) {
	d := newDesk(t)
	var mu sync.Mutex
	var all []Audit
	d.change = func(p *Params) {
		p.Audit = func(a Audit) { mu.Lock(); defer mu.Unlock(); all = append(all, a) }
	}
	r := d.start()
	before := time.Now()
	r.signIn()
	r.stop()
	at := slices.IndexFunc(all, func(a Audit) bool { return a.Event == AuditSignIn })
	if at < 0 {
		t.Fatalf("%+v", all)
	}
	if a := all[at]; a.Issuer != d.provider.URL || a.Account != authtest.Ada().Email || a.Time.Before(before) || a.Problem != nil {
		t.Errorf("%+v", a)
	}
}
