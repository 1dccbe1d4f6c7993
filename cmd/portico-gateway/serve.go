package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/cmd/internal/gateway"
)

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (p *program) newServe() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Serve the portal until a signal ends it", Args: arguments(),
		Long: `Serve the portal until SIGTERM or Ctrl-C. Those who wait are answered then, and requests
under way end. The log goes to standard error, a line of JSON each.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.read()
			if err != nil {
				return err
			}
			var level slog.Level
			if err := level.UnmarshalText([]byte(s.Log)); err != nil {
				return err
			}
			log := slog.New(slog.NewJSONHandler(p.progress, &slog.HandlerOptions{Level: level}))
			g, err := gateway.Open(cmd.Context(), gateway.Params{Settings: s, Log: log})
			if err != nil {
				return err
			}
			log.Info("ready", "url", s.URL, "listen", g.Address().String(), "operations", g.Operations().String())
			fmt.Fprintf(p.out, "portico-gateway serves %s; Ctrl-C ends it\n", s.URL)
			return g.Serve(cmd.Context())
		},
	}
}
