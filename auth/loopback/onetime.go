package loopback

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const oncePath = "/once/"

// Form are values for a browser to post to another server. They must not stand in an
// address, because addresses end in histories and logs.
type Form struct {
	// Action is the absolute address, of http or https.
	Action string
	Fields url.Values
}

// OneTime is a page at an address on this computer that nobody can guess. The first browser to
// ask gets a form that posts itself, by a script, or by a button if scripts are off; after that
// the page is gone. Other users of the computer may see the address in its list of processes,
// but do not get the page. Its methods are safe for concurrent use.
type OneTime struct {
	page    []byte
	policy  string
	address string
	path    string
	host    string
	server  *http.Server
	sockets sockets
	serving sync.WaitGroup

	mu      sync.Mutex
	given   bool
	fetched chan struct{} // closed when the page was sent
}

// ServeForm binds a free port and waits for a browser there. p words the page: its
// Title, Text and Next, and its LinkLabel the button. The caller has to call
// [OneTime.Wait]. It releases the port.
func ServeForm(p Page, f Form) (*OneTime, error) {
	to, err := url.Parse(f.Action)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return nil, errors.New("loopback: the form leads to no web server")
	}
	o := &OneTime{path: oncePath + NewState(), fetched: make(chan struct{})}
	o.page, o.policy = formPage(p, f, to)
	listeners, port, err := bind("127.0.0.1", 0)
	if err != nil {
		return nil, err
	}
	o.host = "127.0.0.1:" + strconv.Itoa(port)
	o.address = "http://" + o.host + o.path
	o.server = &http.Server{
		Handler:           http.HandlerFunc(o.serve),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          silent(),
	}
	o.sockets.watch(o.server)
	o.server.SetKeepAlivesEnabled(false)
	for _, l := range listeners {
		o.serving.Go(func() { _ = o.server.Serve(owned{l, o.sockets.refuse}) })
	}
	return o, nil
}

// URL is the address to open in the browser. It is good for one visit.
func (o *OneTime) URL() string { return o.address }

// Wait gives the browser until ctx ends to fetch the page, releases the port, and
// returns true if the page was fetched.
func (o *OneTime) Wait(ctx context.Context) (fetched bool) {
	select {
	case <-o.fetched:
		fetched = true
	case <-ctx.Done():
	}
	_ = o.server.Close()
	o.serving.Wait()
	return fetched
}

func (o *OneTime) serve(w http.ResponseWriter, r *http.Request) {
	header(w.Header())
	mine := subtle.ConstantTimeCompare([]byte(r.URL.Path), []byte(o.path)) == 1 && r.URL.RawQuery == ""
	switch {
	case r.Host != o.host:
		// Another name for this address: DNS rebinding, or a proxy gone astray.
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
	case !mine, isPrefetch(r.Header):
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	case !o.give():
		http.Error(w, http.StatusText(http.StatusGone), http.StatusGone)
	default:
		o.send(w, r)
	}
}

// give is true if the page may be sent: once.
func (o *OneTime) give() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := !o.given
	o.given = true
	return first
}

func (o *OneTime) send(w http.ResponseWriter, r *http.Request) {
	defer close(o.fetched)
	o.sockets.keep(r.Context())
	h := w.Header()
	h.Set("Content-Security-Policy", o.policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(o.page)))
	if _, err := w.Write(o.page); err == nil {
		_ = http.NewResponseController(w).Flush()
	}
}

// isPrefetch is about browsers that fetch pages they may never show (Fetch Standard,
// section 3.6): the page would be gone when the person comes.
func isPrefetch(h http.Header) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(h.Get(name)), "prefetch") {
			return true
		}
	}
	return false
}

const submitScript = `document.forms[0].submit()`

const buttonStyle = `button{font:inherit;font-weight:600;color:#fff;background:var(--accent);border:0;border-radius:8px;padding:8px 16px;cursor:pointer}`

// formPage renders the page, and the policy that lets its style, its script and its
// form through and nothing else.
func formPage(p Page, f Form, to *url.URL) (page []byte, policy string) {
	if p.Lang == "" {
		p.Lang = "en"
	}
	if p.LinkLabel == "" {
		p.LinkLabel = "Continue"
	}
	if !colour().MatchString(p.Accent) {
		p.Accent = "#0F6CBD"
	}
	style := strings.Replace(pageStyle, "ACCENT", p.Accent, 1) + buttonStyle
	p.Done, p.Waiting, p.refreshTo = false, true, ""
	var m markup
	p.begin(&m, style)
	m.optional(`<p>`, p.Text, `</p>`)
	m.optional(`<p class="next">`, p.Next, `</p>`)
	m.add(`<form method="post" action="`, text(to.String()), `" autocomplete="off">`)
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		for _, value := range f.Fields[name] {
			m.add(`<input type="hidden" name="`, text(name), `" value="`, text(value), `">`)
		}
	}
	m.add(`<button>`, text(p.LinkLabel), `</button></form></main><script>`, submitScript, `</script></body></html>`, "\n")
	policy = "default-src 'none'; style-src " + hashSource(style) + "; script-src " + hashSource(submitScript) +
		"; form-action " + formSource(to) + "; frame-ancestors 'none'; base-uri 'none'"
	return m.Bytes(), policy
}

// hashSource is Content Security Policy Level 3, section 2.3.1.
func hashSource(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// formSource is where the form may lead. Browsers hold redirects to it as well, and a
// provider may send the person on to a further one for the sign-in: so only the scheme
// is fixed.
func formSource(to *url.URL) string { return to.Scheme + ":" }
