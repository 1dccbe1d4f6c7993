package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// completionOptions are those of completion.
type completionOptions struct {
	*program
	Shell string
	root  *cobra.Command
}

func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

func newCompletion(p *program, run func(context.Context, *completionOptions) error) *cobra.Command {
	o := &completionOptions{program: p}
	return &cobra.Command{
		Use:                   "completion " + strings.Join(shells(), "|"),
		Short:                 p.words.Text("console.completion.short"),
		Long:                  p.words.Text("console.completion.long"),
		ValidArgs:             shells(),
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells(), args[0]) {
				return usage(p.words.Text("console.completion.which", "Shells", strings.Join(shells(), ", ")))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Shell, o.root = args[0], cmd.Root()
			return run(cmd.Context(), o)
		},
	}
}

func runCompletion(_ context.Context, o *completionOptions) error {
	var script bytes.Buffer
	var err error
	switch o.Shell {
	case "bash":
		err = o.root.GenBashCompletionV2(&script, true)
		standAlone(&script)
	case "zsh":
		err = o.root.GenZshCompletion(&script)
	case "fish":
		err = o.root.GenFishCompletion(&script, true)
	case "powershell":
		err = o.root.GenPowerShellCompletionWithDesc(&script)
	}
	if err != nil {
		return fmt.Errorf("write the completion script: %w", err)
	}
	return o.print(completions{Shell: o.Shell, Script: script.String()}, func(w io.Writer) {
		_, _ = script.WriteTo(w)
	})
}

// standAlone lets cobra's script for bash do without the package bash-completion: it only
// needs the words of the command line from it.
func standAlone(script *bytes.Buffer) {
	const theirs = `_get_comp_words_by_ref "$@" cur prev words cword`
	text := strings.Replace(script.String(), theirs, `if declare -F _get_comp_words_by_ref >/dev/null; then
        `+theirs+`
        return
    fi
    # Without the package bash-completion. Words go on over the = and : at which bash cuts.
    local IFS=$' \t\n' line="${COMP_LINE:0:COMP_POINT}"
    read -ra words <<<"$line"
    if [[ $line == *[[:space:]] ]]; then
        words+=("")
    fi
    cword=$((${#words[@]} - 1))
    cur=${words[cword]}
    prev=${words[cword - 1]}`, 1)
	script.Reset()
	script.WriteString(text)
}
