package loopback

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Page is what the browser shows when the sign-in has ended, or while it goes on (see
// [Listener.Continue]). Every field is plain text; empty ones are left out.
type Page struct {
	// Lang is the text's language (BCP 47), "en" by default.
	Lang string
	// Done means that the person is signed in, Waiting that this is not decided yet;
	// they choose the sign beside the title.
	Done, Waiting bool
	// Brand is whose portal this is, Accent its colour as "#RRGGBB".
	Brand, Accent string
	// Title, Text and Next say what happened and what comes next.
	Title, Text, Next string
	// DetailsTitle and Details are hidden under one line, for support.
	DetailsTitle string
	Details      []string

	// Refresh is after how long the browser goes on by itself, rounded up to seconds, 0
	// for never. LinkLabel words the link for the person to go on with, "" for none.
	// Both only count in a page for [Listener.Continue].
	Refresh   time.Duration
	LinkLabel string

	refreshTo, linkTo string
	leadTo            string // see Listener.Lead
}

// refreshContent is the value of the page's refresh (HTML, section 4.2.5.3), "" for
// none. It is a navigation: no Content-Security-Policy of ours forbids it.
func (p Page) refreshContent() string {
	if p.Refresh <= 0 || p.refreshTo == "" {
		return ""
	}
	return fmt.Sprintf("%d;url=%s", (p.Refresh+time.Second-1)/time.Second, p.refreshTo)
}

// link is the target of the page's link, "" for no link.
func (p Page) link() string {
	if p.LinkLabel == "" {
		return ""
	}
	return p.linkTo
}

// sign names the sign beside the title, in the style, and is the sign itself.
func (p Page) sign() (name, mark string) {
	switch {
	case p.Done:
		return "good", "✓"
	case p.Waiting:
		return "wait", "…"
	}
	return "bad", "!"
}

var colour = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`) })

const pageStyle = `:root{--bg:#f5f6f8;--card:#fff;--line:#e4e7ec;--text:#1b1f24;--quiet:#667085;--good:#12805c;--bad:#b42318;--accent:ACCENT}
@media(prefers-color-scheme:dark){:root{--bg:#16181c;--card:#1f2329;--line:#2d323a;--text:#eceff3;--quiet:#98a2b3;--good:#4cc38a;--bad:#ff8a80}}
*{box-sizing:border-box;margin:0}body{background:var(--bg);color:var(--text);font:16px/24px system-ui,"Segoe UI","Noto Sans",sans-serif;min-height:100vh;display:grid;place-items:center;padding:24px}
main{background:var(--card);border:1px solid var(--line);border-top:4px solid var(--accent);border-radius:12px;max-width:480px;width:100%;padding:28px 32px;display:grid;gap:12px}
.brand{color:var(--quiet);font-size:14px}h1{font-size:24px;line-height:32px;display:flex;gap:12px;align-items:center}
h1 span{flex:none;width:32px;height:32px;border-radius:50%;display:grid;place-items:center;font-size:18px;color:var(--card)}.good{background:var(--good)}.bad{background:var(--bad)}.wait{background:var(--quiet)}a{color:inherit;font-weight:600}
.next{font-weight:600}summary{color:var(--quiet);font-size:14px;cursor:pointer}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px;color:var(--quiet);padding-top:8px}`

// write renders the page for a request that was right.
func (p Page) write(w http.ResponseWriter, headOnly bool) error {
	return p.send(w, http.StatusOK, headOnly)
}

// send renders the page. Its style alone passes the page's Content-Security-Policy, by
// its hash.
func (p Page) send(w http.ResponseWriter, status int, headOnly bool) error {
	if p.Lang == "" {
		p.Lang = "en"
	}
	if p.Title == "" {
		p.Title = "You can close this page"
	}
	if !colour().MatchString(p.Accent) {
		p.Accent = "#0F6CBD"
	}
	style := strings.Replace(pageStyle, "ACCENT", p.Accent, 1)
	body := p.markup(style)
	sum := sha256.Sum256([]byte(style))
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if headOnly {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// markup is the page in HTML.
func (p Page) markup(style string) []byte {
	var m markup
	p.begin(&m, style)
	m.optional(`<p>`, p.Text, `</p>`)
	m.optional(`<p class="next">`, p.Next, `</p>`)
	if to := p.link(); to != "" {
		m.add(`<p><a href="`, text(to), `">`, text(p.LinkLabel), `</a></p>`)
	}
	if len(p.Details) > 0 {
		m.add(`<details><summary>`, text(p.DetailsTitle), `</summary><pre>`)
		for _, line := range p.Details {
			m.add(text(line), "\n")
		}
		m.add(`</pre></details>`)
	}
	m.add(`</main></body></html>`, "\n")
	return m.Bytes()
}

// begin writes the part before a page's own text.
func (p Page) begin(m *markup, style string) {
	name, mark := p.sign()
	m.add(`<!doctype html>`, "\n", `<html lang="`, text(p.Lang), `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`,
		`<meta name="color-scheme" content="light dark">`)
	m.optional(`<meta http-equiv="refresh" content="`, p.refreshContent(), `">`)
	m.add(`<title>`, text(p.Title), `</title><style>`, style, `</style></head>`, "\n",
		`<body><main><p class="brand">`, text(p.Brand), `</p><h1><span class="`, name, `" aria-hidden="true">`, mark, `</span>`, text(p.Title), `</h1>`)
}
