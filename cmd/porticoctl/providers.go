package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// providersOptions are those of providers, and the ones shared by its subcommands.
type providersOptions struct {
	*program
	Manifest string
}

func newProviders(p *program, run func(context.Context, *providersOptions) error) *cobra.Command {
	o := &providersOptions{program: p}
	cmd := &cobra.Command{
		Use:                   "providers [--manifest FILE]",
		Short:                 p.words.Text("console.providers.short"),
		Long:                  p.words.Text("console.providers.long"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	o.addManifest(cmd)
	cmd.AddCommand(newSecret(p, runSecret), newKey(p, runKey))
	return cmd
}

func (o *providersOptions) addManifest(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.Manifest, "manifest", "", o.words.Text("console.providers.flag.manifest"))
}

// runProviders describes the providers, for the people setting them up. A provider's
// faults are part of the description and no failure of the command.
func runProviders(ctx context.Context, o *providersOptions) error {
	return o.administer(ctx, func(c *connection) error {
		setups, err := c.Providers(ctx)
		if err != nil {
			return err
		}
		state, err := c.State(ctx)
		if err != nil {
			return err
		}
		doc := providers{Portal: portalOf(state), Providers: []provider{}}
		for _, setup := range setups {
			doc.Providers = append(doc.Providers, o.document(setup))
		}
		if state.PortalProblem != nil {
			doc.Notices = []trouble{o.inWords(state.PortalProblem)}
		}
		return o.print(doc, func(w io.Writer) { o.list(w, doc) })
	})
}

// administer connects to the agent of the portal asked for. It is the running one only if
// this has the portal: looking at another one must not take it away from the person.
func (o *providersOptions) administer(ctx context.Context, do func(c *connection) error) error {
	if err := o.takeManifest(o.Manifest); err != nil {
		return err
	}
	// Looking at providers is no reason to sign in. A rehearsal never does.
	options, elsewhere := connectOptions{Passive: o.rehearse == nil}, false
	err := o.with(ctx, options, func(c *connection) error {
		state, err := o.settled(ctx, c)
		if err != nil {
			return err
		}
		if !c.own && !o.isPortalOf(state) {
			elsewhere = true
			return nil
		}
		return do(c)
	})
	if err != nil || !elsewhere {
		return err
	}
	options.Alone = true
	return o.with(ctx, options, func(c *connection) error {
		if _, err := o.settled(ctx, c); err != nil {
			return err
		}
		return do(c)
	})
}

// find is the provider with this id.
func (o *providersOptions) find(ctx context.Context, c *connection, id string) (localapi.ProviderSetup, error) {
	setups, err := c.Providers(ctx)
	if err != nil {
		return localapi.ProviderSetup{}, err
	}
	var ids []string
	for _, setup := range setups {
		if setup.ID == id {
			return setup, nil
		}
		ids = append(ids, setup.ID)
	}
	return localapi.ProviderSetup{}, &localapi.Problem{
		Code: localapi.UnknownProvider, Params: map[string]string{"provider": id, "providers": strings.Join(ids, ", ")},
	}
}

// oneProvider wants exactly one argument, a provider's id.
func (o *providersOptions) oneProvider(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return usage(o.words.Text("console.providers.which"))
	}
	return nil
}

func (o *providersOptions) document(setup localapi.ProviderSetup) provider {
	doc := provider{ProviderSetup: setup}
	for _, problem := range setup.Problems {
		doc.Problems = append(doc.Problems, o.inWords(&problem))
	}
	return doc
}

func (o *providersOptions) list(w io.Writer, doc providers) {
	if doc.Portal != nil {
		fmt.Fprintln(w, doc.Portal.describe())
	}
	for _, notice := range doc.Notices {
		o.warn(w, notice.Problem)
	}
	for _, p := range doc.Providers {
		title := p.Title
		if title != p.ID {
			title += " (" + p.ID + ")"
		}
		if !p.Enabled {
			title += " – " + o.words.Text("console.providers.disabled")
		}
		fmt.Fprintf(w, "\n%s\n", title)
		table(w, o.rows(p.ProviderSetup))
		for _, problem := range p.Problems {
			o.warn(w, problem.Problem)
		}
	}
}

// warn tells a problem to the people setting the provider up: not the step for a person
// at work, but the change to be made.
func (o *providersOptions) warn(w io.Writer, problem *localapi.Problem) {
	e := o.words.Problem(problem)
	fmt.Fprintf(w, "  ! %s\n", e.Title)
	mend := e.IT
	if mend == "" {
		mend = o.next(problem, e.Next)
	}
	for _, line := range []string{e.Text, mend, problem.Error()} {
		if line != "" {
			fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(line, "\n", "\n    "))
		}
	}
}

// try is the command for trying a provider out, with the options it was looked at with.
func (o *providersOptions) try(provider string) string {
	command := "porticoctl login --provider " + provider
	if o.Manifest != "" {
		command += " --manifest " + o.Manifest
	}
	return command
}

// rows describe a provider; empty ones are left out.
func (o *providersOptions) rows(p localapi.ProviderSetup) [][2]string {
	row := func(id, value string) [2]string { return [2]string{o.words.Text("console.providers.row." + id), value} }
	more := func(value string) [2]string { return [2]string{"", value} }
	rows := [][2]string{
		row("description", p.Description),
		row("authority", p.Authority),
		row("client-id", p.ClientID),
		row("client-auth", o.clientAuth(p.ClientAuth)),
		row("redirect", p.RedirectURI),
		more(o.where("redirect", p)),
		row("scopes", strings.Join(p.Scopes, " ")),
		row("domains", strings.Join(p.Domains, ", ")),
		row("accounts", strings.Join(p.Accounts, ", ")),
		row("tenants", o.tenants(p)),
		row("consent", p.ConsentURL),
	}
	if p.Secret != nil {
		rows = append(rows, row("secret", o.secretWords(p.ID, *p.Secret)))
	}
	for _, key := range p.Keys {
		rows = append(rows, o.keyRows(key)...)
	}
	return rows
}

// tenants are the directories of the people allowed in. No limit is said as well: it may
// be a slip.
func (o *providersOptions) tenants(p localapi.ProviderSetup) string {
	if p.Dialect != "entra" || len(p.Tenants) > 0 {
		return strings.Join(p.Tenants, ", ")
	}
	if u, err := url.Parse(p.Authority); err == nil {
		switch first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/"); strings.ToLower(first) {
		case "organizations", "common":
			return o.words.Text("console.providers.every-tenant")
		}
	}
	return ""
}

// clientAuth is a method of client authentication with a word of explanation.
func (o *providersOptions) clientAuth(method string) string {
	switch method {
	case "", "none":
		return o.words.Text("console.client-auth.none")
	case "client_secret_basic", "client_secret_post":
		return method + " – " + o.words.Text("console.client-auth.secret")
	case "private_key_jwt":
		return method + " – " + o.words.Text("console.client-auth.key")
	}
	return method
}

// where names the place for registering something at this kind of provider.
func (o *providersOptions) where(what string, p localapi.ProviderSetup) string {
	kind := p.Preset
	switch {
	case p.Dialect == "entra" && what == "redirect" && p.ClientAuth != "none":
		// Entra tells a public client from one with a secret or a key by the platform of
		// the redirect URI's registration.
		kind = "entra-web"
	case p.Dialect == "entra", p.Dialect == "google":
		kind = p.Dialect
	}
	switch kind {
	case "entra", "entra-web", "google", "okta", "auth0", "keycloak":
		return o.words.Text("console.where." + what + "." + kind)
	}
	return o.words.Text("console.where." + what + ".other")
}

// portalOf is the portal of a state, nil for none.
func portalOf(s localapi.State) *portalDocument {
	if s.PortalAddress == "" {
		return nil
	}
	doc := &portalDocument{Address: s.PortalAddress}
	if s.Portal != nil {
		doc.Name = s.Portal.Name
	}
	return doc
}

func (d *portalDocument) describe() string {
	if d.Name == "" {
		return d.Address
	}
	return d.Name + " (" + d.Address + ")"
}

// day is a date on the calendar, "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
