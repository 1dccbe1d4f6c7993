package agent

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
)

// pages words the browser's pages on the way, in the person's language and under the
// portal's name.
type pages struct {
	words *words.Words
	// seen is the portal as people see it, nil for nothing.
	seen func() *portal.Published
	// rehearsal: the sign-in is only tried.
	rehearsal bool
}

// page is a page of this portal, without words.
func (p *pages) page() loopback.Page {
	page := loopback.Page{Lang: p.words.Language(), Brand: "Portico"}
	if seen := p.seen(); seen != nil {
		page.Brand, page.Accent = seen.Manifest.Name, seen.Manifest.Accent
	}
	return page
}

// final words the browser's page at the end of a sign-in.
func (p *pages) final(end session.Ending) loopback.Page {
	w, page := p.words, p.page()
	if end.Problem == nil {
		who := end.Account
		page.Done = true
		page.Title = w.Text("page.done.title")
		if name := cmp.Or(who.GivenName, who.Name, who.Email); name != "" {
			page.Title = w.Text("page.done.title_named", "Name", name)
		}
		page.Text, page.Next = w.Text("page.done.text"), w.Text("page.done.next")
		switch {
		case p.rehearsal:
			page.Text = w.Text("page.done.rehearsal")
		case end.MemoryOnly:
			page.Text = w.Text("page.done.memory_only")
		case end.Unkept != nil && end.Unkept.Code == localapi.NoRefreshToken:
			page.Text = w.Text("page.done.not_renewable", "Title", end.Unkept.Params["title"])
		case !who.Remembered:
			page.Text = w.Text("page.done.not_remembered")
		}
		return page
	}
	e := w.Problem(end.Problem)
	page.Title, page.Text, page.Next = e.Title, e.Text, e.Next
	page.DetailsTitle, page.Details = w.Text("page.details"), e.Details
	if it := w.ForIT(e); it != "" {
		page.Details = append(page.Details, it)
	}
	return page
}

// consent words the browser's page during the wait for an administrator's consent.
func (p *pages) consent(c localapi.Consent, title string) loopback.Page {
	w, page := p.words, p.page()
	page.Waiting = true
	page.Title = w.Text("page.consent.title")
	page.Text = w.Text("page.consent.text", "Title", title)
	page.Next = w.Text("page.consent.next")
	if c.NextLook.IsZero() {
		page.Next = w.Text("page.consent.next_person")
	}
	page.LinkLabel = w.Text("page.consent.link")
	if c.URL != "" {
		page.DetailsTitle, page.Details = w.Text("page.consent.details"), []string{c.URL}
	}
	return page
}

// signOut words the page before the sign-out at the provider; the browser goes on from
// it.
func (p *pages) signOut(title string) loopback.Page {
	w, page := p.words, p.page()
	page.Title = w.Text("page.sign-out.title")
	page.Text = w.Text("page.sign-out.text", "Title", title)
	page.LinkLabel = w.Text("page.sign-out.link")
	return page
}

// stray words the browser's page for an answer to no sign-in under way.
func (p *pages) stray() loopback.Page {
	w, page := p.words, p.page()
	page.Title, page.Text, page.Next = w.Text("page.stray.title"), w.Text("page.stray.text"), w.Text("page.stray.next")
	return page
}

// consentMail words the request to an administrator, in the person's language, as
// a mailto address (RFC 6068).
func (p *pages) consentMail(r session.ConsentRequest) string {
	w := p.words
	name, to := "Portico", "mailto:"
	if seen := p.seen(); seen != nil {
		name = seen.Manifest.Name
		if known := manifest.MailTo(seen.Manifest.Support.Email); known != "" {
			to = known
		}
	}
	who := r.Person
	if who == "" {
		who = w.Text("mail.consent.somebody")
	}
	body := w.Text("mail.consent.body",
		"Name", name, "Title", r.Provider.Name(), "Person", who, "Link", r.URL, "Scopes", p.scopes(r.Provider), "Client", r.Provider.ClientID)
	// Encoded by RFC 6068: "+" is a plus, not a blank.
	encode := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	lines := strings.ReplaceAll(body, "\n", "\r\n")
	return to + "?subject=" + encode(w.Text("mail.consent.subject", "Name", name)) + "&body=" + encode(lines)
}

// scopes are the wishes of an app, a line each, in words if Portico has any.
func (p *pages) scopes(provider auth.Provider) string {
	asked := provider.Scopes
	if asked == nil {
		asked = auth.DefaultScopes()
	}
	var lines []string
	for _, scope := range asked {
		id := "mail.consent.scope." + strings.ToLower(scope[strings.LastIndexByte(scope, '/')+1:])
		text := p.words.Text(id)
		if text == id {
			text = p.words.Text("mail.consent.scope-other")
		}
		lines = append(lines, "- "+scope+": "+text)
	}
	return strings.Join(lines, "\n")
}
