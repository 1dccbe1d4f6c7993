package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portico-desktop/portico/app/spelling"
)

// flagError puts a mistake in the options into the person's words. pflag's own
// are English.
func (p *program) flagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		empty   *pflag.ValueRequiredError
		wrong   *pflag.InvalidValueError
		syntax  *pflag.InvalidSyntaxError
	)
	say := func(id string, pairs ...string) error {
		return usage(p.words.Text(id, append(pairs, "Command", cmd.CommandPath())...))
	}
	switch {
	case errors.As(err, &unknown):
		flag := written(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames())
		text := p.words.Text("console.flag-error.unknown", "Flag", flag, "Command", cmd.CommandPath())
		var names []string
		allFlags(cmd).VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return usage(p.suggest(text, "--", spelling.Nearest(strings.TrimLeft(flag, "-"), names)))
	case errors.As(err, &empty):
		name, _ := pflag.UnquoteUsage(empty.GetFlag())
		return say("console.flag-error.no-value", "Flag", written(empty.GetSpecifiedName(), empty.GetSpecifiedShortnames()), "Value", name)
	case errors.As(err, &wrong):
		return say(wrongValue(wrong.GetFlag()), "Flag", "--"+wrong.GetFlag().Name, "Value", wrong.GetValue())
	case errors.As(err, &syntax):
		return say("console.flag-error.syntax", "Flag", syntax.GetSpecifiedFlag())
	}
	return usage(err.Error())
}

// written is an option as it was typed: alone, or in a group of letters.
func written(name, group string) string {
	if group != "" {
		return "-" + name
	}
	return "--" + name
}

// wrongValue is the text with the form of an option's value.
func wrongValue(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "duration":
		return "console.flag-error.duration"
	case "bool":
		return "console.flag-error.bool"
	}
	return "console.flag-error.value"
}
