package agent

import (
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/loopback"
)

// finalPage words what the browser shows when a sign-in has ended.
func (a *Agent) finalPage(who *localapi.Account, problem *localapi.Problem) loopback.Page {
	w := a.p.Words
	page := loopback.Page{Lang: w.Language(), Brand: "Portico"}
	a.mu.Lock()
	if a.published != nil {
		page.Brand, page.Accent = a.published.Manifest.Name, a.published.Manifest.Accent
	}
	a.mu.Unlock()
	if problem == nil {
		page.Done = true
		page.Title = w.Text("page.done.title")
		if name := firstOf(who.GivenName, who.Name, who.Email); name != "" {
			page.Title = w.Text("page.done.title_named", "Name", name)
		}
		page.Text, page.Next = w.Text("page.done.text"), w.Text("page.done.next")
		if !who.Remembered {
			page.Text = w.Text("page.done.not_remembered")
		}
		return page
	}
	e := w.Problem(problem)
	page.Title, page.Text, page.Next = e.Title, e.Text, e.Next
	page.DetailsTitle, page.Details = w.Text("page.details"), e.Details
	if e.IT != "" {
		page.Details = append(page.Details, e.IT)
	}
	return page
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
