package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// proxyOptions are those of proxy.
type proxyOptions struct {
	*program
	// Do is "set" or "forget" and Proxy the one meant, both "" to list them.
	Do, Proxy string
	Name      string
	ThisRun   bool
}

func newProxy(p *program, run func(context.Context, *proxyOptions) error) *cobra.Command {
	o := &proxyOptions{program: p}
	choices := []string{"set", "forget"}
	cmd := &cobra.Command{
		Use:                   "proxy [set PROXY [--name NAME] [--this-run] | forget PROXY]",
		Short:                 p.words.Text("console.proxy.short"),
		Long:                  p.words.Text("console.proxy.long"),
		ValidArgsFunction:     completeProxies(choices),
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return nil
			case !slices.Contains(choices, args[0]):
				return usage(p.words.Text("console.unknown-argument", "Argument", args[0]))
			case len(args) == 1 || strings.TrimSpace(args[1]) == "":
				return usage(p.words.Text("console.proxy.which"))
			case len(args) > 2:
				return usage(p.words.Text("console.unknown-argument", "Argument", args[2]))
			}
			o.Do, o.Proxy = args[0], args[1]
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Do != "set" && (o.Name != "" || o.ThisRun) {
				return usage(p.words.Text("console.proxy.only-set"))
			}
			return run(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.Name, "name", "", p.words.Text("console.proxy.flag.name"))
	cmd.Flags().BoolVar(&o.ThisRun, "this-run", false, p.words.Text("console.proxy.flag.this-run"))
	completeFlag(cmd, "name", completeNothing)
	return cmd
}

// proxies is the document of proxy.
type proxies struct {
	Proxies []localapi.Proxy `json:"proxies"`
	// Forgotten: after forget, there was something to forget.
	Forgotten *bool `json:"forgotten,omitempty"`
}

// runProxy keeps a proxy's name and password, forgets a proxy, or lists them. The password
// comes from standard input: arguments and variables can be read by others.
func runProxy(ctx context.Context, o *proxyOptions) error {
	return o.with(ctx, connectOptions{Passive: true, Still: o.Do == ""}, func(c *connection) error {
		var doc proxies
		var said string
		switch o.Do {
		case "set":
			if c.own && o.ThisRun {
				return usage(o.words.Text("console.proxy.no-run"))
			}
			if err := o.setProxy(ctx, c, o.Proxy, o.Name, !o.ThisRun); err != nil {
				return err
			}
			said = o.words.Text("console.proxy.kept", "Proxy", o.Proxy)
		case "forget":
			forgotten, err := c.ForgetProxy(ctx, localapi.ProxyRequest{Proxy: o.Proxy})
			if err != nil {
				return err
			}
			doc.Forgotten = &forgotten.Known
			said = o.words.Text("console.proxy.forgotten", "Proxy", o.Proxy)
			if !forgotten.Known {
				said = o.words.Text("console.proxy.unknown", "Proxy", o.Proxy)
			}
		}
		var err error
		if doc.Proxies, err = c.Proxies(ctx); err != nil {
			return err
		}
		if doc.Proxies == nil {
			doc.Proxies = []localapi.Proxy{}
		}
		return o.print(doc, func(w io.Writer) {
			if said != "" {
				fmt.Fprintln(w, said)
				return
			}
			o.describe(w, doc.Proxies)
		})
	})
}

func (o *proxyOptions) describe(w io.Writer, all []localapi.Proxy) {
	if len(all) == 0 {
		fmt.Fprintln(w, o.words.Text("console.proxy.none"))
		return
	}
	var rows [][2]string
	for _, p := range all {
		var facts []string
		if p.Used != "" {
			facts = append(facts, o.words.Text("console.proxy.used", "Scheme", p.Used))
		}
		switch {
		case p.Refused:
			facts = append(facts, o.words.Text("console.proxy.refused"))
		case p.Password:
			facts = append(facts, o.words.Text("console.proxy.password"))
		}
		rows = append(rows, [2]string{p.Proxy, strings.Join(facts, "; ")})
	}
	table(w, rows)
}

// setProxy asks for a name, unless it is given, and for a password, and keeps them.
func (p *program) setProxy(ctx context.Context, c *connection, proxy, name string, remember bool) error {
	var password string
	var err error
	switch {
	case !p.terminal && name == "":
		return usage(p.words.Text("console.proxy.needs-name"))
	case !p.terminal:
		password, err = p.line(ctx)
	default:
		if name == "" {
			if name, err = p.ask(ctx, p.words.Text("console.proxy.ask-name", "Proxy", proxy)); err != nil {
				return p.nothingSaid(err)
			}
		}
		password, err = p.askSecretly(ctx, p.words.Text("console.proxy.ask-password", "Proxy", proxy))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	name = strings.TrimSpace(name)
	if name == "" || password == "" {
		return usage(p.words.Text("console.proxy.empty"))
	}
	return c.SetProxyPassword(ctx, localapi.ProxyPasswordRequest{Proxy: proxy, Name: name, Password: password, Remember: remember})
}

func (p *program) nothingSaid(err error) error {
	if errors.Is(err, io.EOF) {
		return usage(p.words.Text("console.proxy.empty"))
	}
	return err
}

// askForProxy asks the person at the terminal for the password of a proxy in the way, and
// reports if it was given. A script is not asked.
func (p *program) askForProxy(ctx context.Context, c *connection, err error) bool {
	var problem *localapi.Problem
	if !p.terminal || p.json || !errors.As(err, &problem) || problem.Code != localapi.ProxyWantsPassword || problem.Params["proxy"] == "" {
		return false
	}
	p.tell(p.progress, problem)
	return p.setProxy(ctx, c, problem.Params["proxy"], "", true) == nil
}

// completeProxies offers the actions; a proxy is typed.
func completeProxies(choices []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return choices, cobra.ShellCompDirectiveNoFileComp
	}
}
