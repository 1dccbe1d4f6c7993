package demoidp

import (
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	pathLogin     = "/login"
	pathDevice    = "/device"
	pathSignOut   = "/sign-out"
	pathSignedOut = "/signed-out"
)

//go:embed pages
var pageFiles embed.FS

// pages are what a person sees: who are you, may it come in, you are out.
type pages struct {
	store     *store
	provider  *op.Provider
	templates *template.Template
}

func newPages(s *store, provider *op.Provider) *pages {
	return &pages{store: s, provider: provider, templates: template.Must(template.ParseFS(pageFiles, "pages/*.html"))}
}

func (p *pages) register(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", p.index)
	mux.HandleFunc("GET /demo.css", p.style)
	mux.HandleFunc("GET "+pathLogin, p.login)
	mux.HandleFunc("POST "+pathLogin, p.choose)
	mux.HandleFunc("POST "+pathLogin+"/deny", p.deny)
	mux.HandleFunc("GET "+pathDevice, p.device)
	mux.HandleFunc("POST "+pathDevice, p.answerDevice)
	mux.HandleFunc("GET "+pathSignOut, p.askSignOut)
	mux.Handle("POST "+pathSignOut, p.store.carrySession(http.HandlerFunc(p.signOut)))
	mux.HandleFunc("GET "+pathSignedOut, p.signedOut)
}

// card is a person on a page.
type card struct {
	Person
	Suggested bool
}

// cards are the people to choose from. The address named by the app is suggested, and
// so is the person known to the browser.
func cards(hint, known string) []card {
	var all []card
	for _, p := range People() {
		all = append(all, card{Person: p, Suggested: p.Email == hint || hint == "" && p.Subject == known})
	}
	return all
}

// page is what the templates know; each uses a few.
type page struct {
	Title, Text, Button, Action string
	Request                     string
	Offline                     bool
	People                      []card
	UserCode, Done              string
	Wrong                       bool
}

func (p *pages) show(w http.ResponseWriter, status int, name string, data page) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	// A browser applies form-action to the redirect in a form's answer, too: this is
	// the app's own listener.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "+
		"frame-ancestors 'none'; form-action 'self' http://127.0.0.1:* http://localhost:*")
	w.WriteHeader(status)
	// What goes wrong now is a browser that went away.
	_ = p.templates.ExecuteTemplate(w, name, data)
}

func (p *pages) index(w http.ResponseWriter, _ *http.Request) {
	p.show(w, http.StatusOK, "message.html", page{
		Title: "The demo's sign-in",
		Text:  "Portico opens this when you sign in. Start there: run the demo and press its sign-in button.",
	})
}

func (p *pages) style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/demo.css")
}

func (p *pages) login(w http.ResponseWriter, r *http.Request) {
	req, err := p.store.request(r.FormValue("request"))
	if err != nil {
		p.gone(w)
		return
	}
	if req.Done() {
		p.goOn(w, r, req.id)
		return
	}
	p.show(w, http.StatusOK, "login.html", page{
		Title:   "Choose a person",
		Request: req.id,
		Offline: slices.Contains(req.Scopes, oidc.ScopeOfflineAccess),
		People:  cards(req.LoginHint, req.suggested),
	})
}

// gone is for pages opened from the history, or left lying.
func (p *pages) gone(w http.ResponseWriter) {
	p.show(w, http.StatusGone, "message.html", page{
		Title: "This sign-in has ended",
		Text:  "Go back to Portico and start again.",
	})
}

func (p *pages) goOn(w http.ResponseWriter, r *http.Request, request string) {
	to := p.provider.AuthorizationEndpoint().Relative() + "/callback?" + url.Values{"id": {request}}.Encode()
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (p *pages) choose(w http.ResponseWriter, r *http.Request) {
	request, subject := r.PostFormValue("request"), r.PostFormValue("person")
	if err := p.store.choose(request, subject); err != nil {
		p.gone(w)
		return
	}
	http.SetCookie(w, p.store.signIn(subject))
	p.goOn(w, r, request)
}

func (p *pages) deny(w http.ResponseWriter, r *http.Request) {
	req, err := p.store.request(r.PostFormValue("request"))
	if err != nil {
		p.gone(w)
		return
	}
	_ = p.store.DeleteAuthRequest(r.Context(), req.id)
	op.AuthRequestError(w, r, req, oidc.ErrAccessDenied().WithDescription("the person said no"), p.provider)
}

func (p *pages) device(w http.ResponseWriter, r *http.Request) {
	userCode := r.FormValue("user_code")
	p.show(w, http.StatusOK, "device.html", page{
		Title: "Sign in on another device", UserCode: userCode, People: cards("", ""),
		Wrong: userCode != "" && !p.store.deviceWaits(userCode),
	})
}

func (p *pages) answerDevice(w http.ResponseWriter, r *http.Request) {
	userCode, subject := r.PostFormValue("user_code"), r.PostFormValue("person")
	data := page{Title: "Sign in on another device", UserCode: userCode, People: cards("", "")}
	switch ok := p.store.answerDevice(userCode, subject); {
	case !ok:
		data.Wrong = true
	case subject == "":
		data.Done = "It stays out"
	default:
		data.Done = "The other device is signed in"
	}
	p.show(w, http.StatusOK, "device.html", data)
}

func (p *pages) askSignOut(w http.ResponseWriter, _ *http.Request) {
	p.show(w, http.StatusOK, "message.html", page{
		Title: "Sign out of this browser?", Text: "The next sign-in asks again who you are.",
		Button: "Sign out", Action: pathSignOut,
	})
}

func (p *pages) signOut(w http.ResponseWriter, r *http.Request) {
	p.store.signOut(r.Context())
	http.Redirect(w, r, pathSignedOut, http.StatusSeeOther)
}

func (p *pages) signedOut(w http.ResponseWriter, _ *http.Request) {
	p.show(w, http.StatusOK, "message.html", page{
		Title: "You are signed out",
		Text:  "This browser has forgotten who you were. You can close this page.",
	})
}
