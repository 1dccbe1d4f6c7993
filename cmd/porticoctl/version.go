package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
)

// versionOptions are those of version.
type versionOptions struct{ *program }

func newVersion(p *program, run func(context.Context, *versionOptions) error) *cobra.Command {
	o := &versionOptions{program: p}
	return &cobra.Command{
		Use:                   "version",
		Short:                 p.words.Text("console.version.short"),
		Args:                  p.noArguments,
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
}

func runVersion(_ context.Context, o *versionOptions) error {
	v := versions{
		Version: assets.Version, API: localapi.Version,
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
	}
	return o.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "porticoctl %s (%s, %s/%s)\n", v.Version, v.Go, v.OS, v.Arch)
	})
}
