package agent

import (
	"net/url"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
)

// page is a page of this portal, without words.
func (a *Agent) page() loopback.Page {
	page := loopback.Page{Lang: a.p.Words.Language(), Brand: "Portico"}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.published != nil {
		page.Brand, page.Accent = a.published.Manifest.Name, a.published.Manifest.Accent
	}
	return page
}

// finalPage words what the browser shows when a sign-in has ended.
func (a *Agent) finalPage(end session.Ending) loopback.Page {
	w, page := a.p.Words, a.page()
	if end.Problem == nil {
		who := end.Account
		page.Done = true
		page.Title = w.Text("page.done.title")
		if name := firstOf(who.GivenName, who.Name, who.Email); name != "" {
			page.Title = w.Text("page.done.title_named", "Name", name)
		}
		page.Text, page.Next = w.Text("page.done.text"), w.Text("page.done.next")
		switch {
		case a.p.Rehearse != nil:
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

// consentPage words what the browser shows while an administrator's consent is
// waited for.
func (a *Agent) consentPage(c localapi.Consent, title string) loopback.Page {
	w, page := a.p.Words, a.page()
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

// signOutPage words the page from which the browser goes on to the sign-out at the
// provider.
func (a *Agent) signOutPage(title string) loopback.Page {
	w, page := a.p.Words, a.page()
	page.Title = w.Text("page.sign-out.title")
	page.Text = w.Text("page.sign-out.text", "Title", title)
	page.LinkLabel = w.Text("page.sign-out.link")
	return page
}

// strayPage words what the browser shows for an answer that belongs to no sign-in
// under way.
func (a *Agent) strayPage() loopback.Page {
	w, page := a.p.Words, a.page()
	page.Title, page.Text, page.Next = w.Text("page.stray.title"), w.Text("page.stray.text"), w.Text("page.stray.next")
	return page
}

// consentMail words the request to an administrator, in the person's language, as
// a mailto address (RFC 6068).
func (a *Agent) consentMail(r session.ConsentRequest) string {
	w := a.p.Words
	name, to := "Portico", "mailto:"
	a.mu.Lock()
	if a.published != nil {
		name = a.published.Manifest.Name
		if known := portal.MailTo(a.published.Manifest.Support.Email); known != "" {
			to = known
		}
	}
	a.mu.Unlock()
	who := r.Person
	if who == "" {
		who = w.Text("mail.consent.somebody")
	}
	body := w.Text("mail.consent.body",
		"Name", name, "Title", r.Provider.Name(), "Person", who, "Link", r.URL, "Scopes", a.scopes(r.Provider), "Client", r.Provider.ClientID)
	// Encoded as RFC 6068 wants it: "+" is a plus, not a blank.
	encode := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	lines := strings.ReplaceAll(body, "\n", "\r\n")
	return to + "?subject=" + encode(w.Text("mail.consent.subject", "Name", name)) + "&body=" + encode(lines)
}

// scopes are what an app asks for, a line each, in words where Portico has any.
func (a *Agent) scopes(p auth.Provider) string {
	asked := p.Scopes
	if asked == nil {
		asked = auth.DefaultScopes()
	}
	var lines []string
	for _, scope := range asked {
		id := "mail.consent.scope." + strings.ToLower(scope[strings.LastIndexByte(scope, '/')+1:])
		text := a.p.Words.Text(id)
		if text == id {
			text = a.p.Words.Text("mail.consent.scope-other")
		}
		lines = append(lines, "- "+scope+": "+text)
	}
	return strings.Join(lines, "\n")
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
