package main

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
)

// promptly bounds the running agent's time for naming the candidates.
const promptly = 500 * time.Millisecond

// completes reports if a command line is a shell's question for candidates.
func completes(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// unquote takes the backquotes out of the options' descriptions: only the help makes
// something of them.
func unquote(cmd *cobra.Command) {
	without := func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") }
	cmd.Flags().VisitAll(without)
	cmd.PersistentFlags().VisitAll(without)
	for _, sub := range cmd.Commands() {
		unquote(sub)
	}
}

// completeProviders completes the first argument, or the value of an option, with the
// ids of the portal's providers.
func (p *program) completeProviders(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	return p.providerIDs(ctx), cobra.ShellCompDirectiveNoFileComp
}

// completeNothing is for values nobody can guess.
func completeNothing(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeFlag gives an option the function completing its values. The option has to exist.
func completeFlag(cmd *cobra.Command, name string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(name, f); err != nil {
		panic(err) // the option is defined in the lines above
	}
}

// providerIDs are those of the running agent's portal, or of the copy of the manifest
// on disk. Nothing is started, and nobody else is asked: the person is typing.
func (p *program) providerIDs(ctx context.Context) []cobra.Completion {
	paths, err := p.paths()
	if err != nil || diag.OwnerProblem(paths.CheckOwner()) != nil {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, promptly)
	defer stop()
	var providers []cobra.Completion
	add := func(id, title string) {
		// A shell takes these lines apart, and they come from the portal.
		if strings.IndexFunc(id, func(r rune) bool { return !harmless(r) }) < 0 {
			providers = append(providers, cobra.CompletionWithDesc(id, strings.Map(func(r rune) rune {
				if r == ' ' || harmless(r) {
					return r
				}
				return -1
			}, title)))
		}
	}
	if client, err := dial(ctx, paths); err == nil {
		defer func() { _ = client.Close() }()
		if s, err := client.State(ctx); err == nil && s.Portal != nil {
			for _, provider := range s.Portal.Providers {
				add(provider.ID, provider.Title)
			}
			return providers
		}
	}
	address := p.decided().Text(policy.PortalURL)
	reader := portal.New(portal.Params{HTTP: http.DefaultClient, CacheDir: paths.Cache})
	if known, ok := reader.Cached(address); ok {
		for _, provider := range known.Manifest.Providers {
			add(provider.ID, provider.Title)
		}
	}
	return providers
}

func harmless(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.", r)
}
