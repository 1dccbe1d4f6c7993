package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// command is what a program says of itself or of one of its commands.
type command struct {
	name     string // as typed: "porticoctl providers key"
	usage    string // without the name
	text     string // paragraphs
	commands []command
	short    string // beside the name in the list of commands
	options  []option
	exits    []exit
}

type option struct{ flags, about string }

type exit struct{ code, about string }

// say runs a program and returns its output, in English.
func (b *build) say(program string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(b.programs, program), args...)
	// An empty environment: nobody's language, portal or folders.
	cmd.Env = []string{"LC_ALL=C.UTF-8", "HOME=/nonexistent"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("run %s %s: %w\n%s", program, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return string(out), nil
}

// console reads the help of porticoctl, or of one of its commands with all below.
func (b *build) console(path ...string) (command, error) {
	out, err := b.say("porticoctl", append(path, "--help")...)
	if err != nil {
		return command{}, err
	}
	c, err := readConsole(strings.Join(append([]string{"porticoctl"}, path...), " "), out)
	if err != nil {
		return command{}, err
	}
	for i, sub := range c.commands {
		whole, err := b.console(append(path[:len(path):len(path)], sub.name)...)
		if err != nil {
			return command{}, err
		}
		whole.short = sub.short
		c.commands[i] = whole
	}
	return c, nil
}

// readConsole reads one page of porticoctl's help; cmd/porticoctl/help.go writes it: a
// text, and then indented blocks with a heading each.
func readConsole(name, help string) (command, error) {
	c := command{name: name}
	text, blocks, found := strings.Cut(help, "\n\nUsage:\n")
	if !found {
		return c, fmt.Errorf("the help of %s has no usage:\n%s", name, help)
	}
	c.text = strings.TrimSpace(text)
	usage, rest, _ := strings.Cut(blocks, "\n")
	c.usage = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(usage), name))
	for block := range strings.SplitSeq(strings.TrimSpace(rest), "\n\n") {
		heading, body, _ := strings.Cut(block, "\n")
		for line := range strings.SplitSeq(body, "\n") {
			left, right, ok := columns(line)
			if !ok {
				return c, fmt.Errorf("the help of %s has a line under %q that this tool cannot read: %q", name, heading, line)
			}
			switch heading {
			case "Commands:":
				c.commands = append(c.commands, command{name: left, short: right})
			case "Options:":
				c.options = append(c.options, option{left, right})
			case "A command ends with one of these codes:":
				c.exits = append(c.exits, exit{left, right})
			default:
				return c, fmt.Errorf("the help of %s has a part %q that this tool does not know", name, heading)
			}
		}
	}
	return c, nil
}

var gap = regexp.MustCompile(` {3,}`)

// columns splits a line into its two columns, three blanks or more apart.
func columns(line string) (left, right string, ok bool) {
	line = strings.TrimSpace(line)
	at := gap.FindStringIndex(line)
	if at == nil {
		return "", "", false
	}
	return line[:at[0]], line[at[1]:], true
}

// flags reads the help of a program with package flag.
func (b *build) flags(name string) (command, error) {
	out, err := b.say(name, "--help")
	if err != nil {
		return command{}, err
	}
	return readFlags(name, out)
}

// readFlags reads the list of flags below whatever the program says before it.
func readFlags(name, help string) (command, error) {
	c := command{name: name}
	for line := range strings.SplitSeq(strings.TrimRight(help, "\n"), "\n") {
		if spec, ok := strings.CutPrefix(line, "  -"); ok {
			// A flag of one letter has its text on the same line, after a tab.
			spec, about, _ := strings.Cut(spec, "\t")
			c.options = append(c.options, option{"--" + spec, about})
			continue
		}
		if len(c.options) > 0 {
			last := &c.options[len(c.options)-1]
			last.about = strings.TrimSpace(last.about + " " + strings.TrimSpace(line))
		}
	}
	if len(c.options) == 0 {
		return c, fmt.Errorf("the help of %s lists no flags as package flag does:\n%s", name, help)
	}
	return c, nil
}
