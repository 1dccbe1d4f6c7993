package form

import (
	"fmt"
	"strings"

	"github.com/portico-desktop/portico/auth/plain"
)

// Error says why a form is not used. It names every fault, up to a limit.
type Error struct {
	// Form is the form's id, where it has one.
	Form   string
	Faults []Fault
	// More is how many faults were left out.
	More int
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Form != "" {
		fmt.Fprintf(&b, "form %s: ", e.Form)
	}
	for i, fault := range e.Faults {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(fault.String())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "; and %d more", e.More)
	}
	return b.String()
}

// Fault is one thing in a form outside the subset, or wrong in it. Its texts are safe to
// show, and are for whoever writes forms.
type Fault struct {
	// Pointer is its place in the document (RFC 6901), such as
	// "/schema/properties/serial/pattern".
	Pointer string
	// Name is the refused keyword, element or rule.
	Name string
	// Reason goes on from the name, as in "is not supported".
	Reason string
	// Instead is the advice: "write …", "take it away".
	Instead string
}

func (f Fault) String() string {
	s := strings.TrimSpace(f.Name + " " + f.Reason)
	if f.Pointer != "" {
		s = f.Pointer + ": " + s
	}
	if f.Instead != "" {
		s += ": " + f.Instead
	}
	return s
}

func tooManyBytes(pointer string, n int) Fault {
	return Fault{pointer, "", fmt.Sprintf("the form has %d bytes, and %d are allowed", n, MaxBytes),
		"make several forms of it, or get long lists from the portal by \"portico\": \"dynamic\""}
}

// compiler collects a form and its faults.
type compiler struct {
	form   *Form
	schema *node
	name   string
	faults []Fault
	more   int
	// found are the fields by their pointers in the answers, in the schema's order.
	found []*Field
	// open are the schemas with the place that is being read in them.
	open []*node
	// objects counts the objects among the fields.
	objects int
	// full: there are more fields or elements than allowed, and no more are read.
	full bool
	// conditions counts the schemas in rules.
	conditions int
}

func (c *compiler) fault(f Fault) {
	if len(c.faults) == maxFaults {
		c.more++
		return
	}
	f.Pointer, f.Name = plain.Text(f.Pointer, 500), plain.Text(f.Name, 200)
	f.Reason, f.Instead = plain.Text(f.Reason, 500), plain.Text(f.Instead, 500)
	c.faults = append(c.faults, f)
}

func (c *compiler) refuse(pointer, name, reason, instead string) {
	c.fault(Fault{pointer, name, reason, instead})
}

func (c *compiler) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	return &Error{Form: plain.Text(c.name, maxName), Faults: c.faults, More: c.more}
}

// escape is a name as a part of a JSON pointer (RFC 6901, section 3).
func escape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
