package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// The documents of --json. assets/schema/porticoctl.schema.json describes them,
// and a test holds the two together. Members are only ever added.

// trouble is a problem and its words. Each document has one when the command
// ends with another code than 0.
type trouble struct {
	Problem *localapi.Problem `json:"problem,omitempty"`
	Words   *explanation      `json:"words,omitempty"`
}

type explanation struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	Who   string `json:"who,omitempty"`
	Next  string `json:"next"`
	// IT is the step for the registration's administrators.
	IT string `json:"it,omitempty"`
}

// standing is the document of status and login: the person signed in, or the reason for nobody.
type standing struct {
	Phase    localapi.Phase    `json:"phase"`
	Provider string            `json:"provider,omitempty"`
	Account  *localapi.Account `json:"account,omitempty"`
	Portal   *portalDocument   `json:"portal,omitempty"`
	Since    time.Time         `json:"since,omitzero"`
	NextTry  time.Time         `json:"next_try,omitzero"`
	// Network is how requests leave; absent if nobody has set a proxy.
	Network *localapi.Network `json:"network,omitempty"`
	// Agent is the running agent; absent when the command ran without one.
	Agent   *localapi.Info `json:"agent,omitempty"`
	Notices []trouble      `json:"notices,omitempty"`
	Consent *consent       `json:"consent,omitempty"`
	// AskedFor is the address of login --account if somebody else signed in.
	AskedFor string `json:"asked_for,omitempty"`
	// Rehearsal: nothing of this was stored.
	Rehearsal bool `json:"rehearsal,omitempty"`
	trouble
}

// consent is the request to an administrator.
type consent struct {
	URL    string `json:"url,omitempty"`
	Mail   string `json:"mail,omitempty"`
	Tenant string `json:"tenant,omitempty"`
	// Waiting: a running agent goes on by itself until Deadline.
	Waiting  bool      `json:"waiting"`
	Deadline time.Time `json:"deadline,omitzero"`
}

func consentOf(c *localapi.Consent) *consent {
	if c == nil {
		return nil
	}
	doc := &consent{URL: c.URL, Mail: c.Mail, Tenant: c.Tenant, Waiting: c.Waiting}
	if c.Waiting {
		doc.Deadline = c.Deadline
	}
	return doc
}

type portalDocument struct {
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
}

// accounts is the document of accounts.
type accounts struct {
	Accounts []localapi.Account `json:"accounts"`
}

// providers is the document of providers.
type providers struct {
	Portal    *portalDocument `json:"portal,omitempty"`
	Providers []provider      `json:"providers"`
	// Notices say why this may be old.
	Notices []trouble `json:"notices,omitempty"`
}

// provider is one provider with its problems in words.
type provider struct {
	localapi.ProviderSetup
	Problems []trouble `json:"problems,omitempty"` // instead of the setup's
}

// providerSecret is the document of providers secret.
type providerSecret struct {
	Provider string               `json:"provider"`
	Secret   localapi.SecretSetup `json:"secret"`
}

// providerKeys is the document of providers key.
type providerKeys struct {
	Provider string               `json:"provider"`
	Keys     []localapi.ClientKey `json:"keys"`
	// Made and Dropped are ids of keys, File is the certificate written.
	Made    string `json:"made,omitempty"`
	Dropped string `json:"dropped,omitempty"`
	File    string `json:"file,omitempty"`
}

// signedOut is the document of logout.
type signedOut struct {
	localapi.SignOutReport
	// Accounts are those of logout --all. The report is then the worst of theirs, step
	// by step.
	Accounts []accountSignedOut `json:"accounts,omitempty"`
	trouble
}

// accountSignedOut is the outcome for one account of logout --all.
type accountSignedOut struct {
	Account localapi.Account `json:"account"`
	localapi.SignOutReport
}

// forgotten is the document of forget.
type forgotten struct {
	localapi.ForgetReport
	trouble
}

// versions is the document of version.
type versions struct {
	Version string `json:"version"`
	API     int    `json:"api"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// completions is the document of completion.
type completions struct {
	Shell  string `json:"shell"`
	Script string `json:"script"`
}

// inWords is a problem with its words, as documents have it.
func (p *program) inWords(problem *localapi.Problem) trouble {
	if problem == nil {
		return trouble{}
	}
	e := p.words.Problem(problem)
	return trouble{Problem: problem, Words: &explanation{Title: e.Title, Text: e.Text, Who: e.Who, Next: p.next(problem, e.Next), IT: e.IT}}
}

// next is the next step after a problem. In the place of a window's button or field, the
// console has a command.
func (p *program) next(problem *localapi.Problem, otherwise string) string {
	switch problem.Code {
	case localapi.NoPortal:
		return p.words.Text("console.next.no-portal")
	case localapi.SignInNeeded, localapi.SignInExpired, localapi.SignInAgain, localapi.SignInOver:
		return p.words.Text("console.next.sign-in")
	case localapi.ProviderUnreachable, localapi.ProviderBusy, localapi.ProviderFailing:
		// A command ends; only the background program tries again by itself.
		return p.words.Text("console.next.later")
	case localapi.QueueTooLong:
		return p.words.Text("console.next.queue")
	case localapi.NameNotFound:
		return p.words.Text("console.next.name-not-found")
	case localapi.ProxyUnreachable:
		return p.words.Text("console.next.proxy")
	case localapi.ProxyWantsPassword:
		return p.words.Text("console.next.proxy-password", "Proxy", problem.Params["proxy"])
	case localapi.KeyStoreMissing:
		return p.words.Text("console.next.key-store")
	case localapi.NoRefreshToken:
		return p.words.Text("console.next.no-refresh-token")
	case localapi.ConsentNeeded, localapi.ConsentRequested:
		return p.words.Text("console.next.consent")
	case localapi.ChooseProvider:
		return p.words.Text("console.next.choose", "Providers", problem.Params["providers"])
	case localapi.NobodysAddress, localapi.UnknownProvider:
		return p.words.Text("console.next.provider", "Providers", problem.Params["providers"])
	case localapi.UnknownAccount:
		return p.words.Text("console.next.account")
	case localapi.TimedOut:
		return p.words.Text("console.next.again")
	}
	return otherwise
}

// print writes a result: the document with --json, the text otherwise.
func (p *program) print(document any, text func(w io.Writer)) error {
	if !p.json {
		text(p.out)
		return nil
	}
	e := json.NewEncoder(p.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(document); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// fail tells the problem when there is nothing else to say.
func (p *program) fail(problem *localapi.Problem) {
	if p.json {
		// There is no other way left to report a failure of this.
		_ = p.print(p.inWords(problem), nil)
		return
	}
	p.tell(p.progress, problem)
}

// tell writes a problem in words, with the details for support.
func (p *program) tell(w io.Writer, problem *localapi.Problem) {
	e := p.words.Problem(problem)
	text := e.Text
	if problem.Who() != localapi.You { // the reader knows already
		text += " " + e.Who
	}
	lines := []string{strings.TrimSpace(text), p.next(problem, e.Next), p.words.ForIT(e)}
	if p.rehearse != nil && problem.Who() == localapi.YourIT && e.IT != "" {
		lines = []string{e.IT} // whoever rehearses a portal is the one to mend it
	}
	fmt.Fprintln(w, e.Title)
	for _, line := range lines {
		if line != "" {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	if problem.Details == nil {
		return
	}
	fmt.Fprintf(w, "  %s\n", p.words.Text("console.details"))
	for _, line := range e.Details {
		// An error around several has a line for each.
		fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(line, "\n", "\n    "))
	}
}

// say writes one line of progress.
func (p *program) say(id string, pairs ...string) {
	fmt.Fprintln(p.progress, p.words.Text(id, pairs...))
}

// table writes rows of a name and a value; empty values are left out.
func table(w io.Writer, rows [][2]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(t, "  %s\t%s\n", row[0], row[1])
		}
	}
	_ = t.Flush()
}

// person is an account in words: a name and an address, as far as known.
func person(a *localapi.Account) string {
	switch {
	case a == nil:
		return ""
	case a.Name != "" && a.Email != "" && a.Name != a.Email:
		return a.Name + " (" + a.Email + ")"
	case a.Name != "":
		return a.Name
	case a.Email != "":
		return a.Email
	}
	return a.Subject
}
