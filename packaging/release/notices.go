package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// writeNotices writes the licence texts of what the programs were built from.
func writeNotices(w io.Writer, programs []string) error {
	all, err := modules(programs)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "Portico is licensed under the Apache License 2.0; see LICENSE.\nIt is built from the following works of others, with thanks.\n\n")
	for _, m := range all {
		changed := ""
		if m.Changed {
			changed = ", with a change by Portico's authors"
		}
		fmt.Fprintf(b, "  %s %s (%s)%s\n", m.name(), m.Version, strings.Join(m.ids(), ", "), changed)
	}
	for _, m := range all {
		for _, l := range m.Texts {
			title := fmt.Sprintf("%s %s: %s", m.name(), m.Version, l.Name)
			fmt.Fprintf(b, "\n\n%s\n%s\n\n%s\n", title, strings.Repeat("=", len(title)), l.Text)
		}
	}
	return b.Flush()
}

// name is what people call the module.
func (m module) name() string {
	if m.Path == "std" {
		return "the Go standard library and runtime"
	}
	return m.Path
}
