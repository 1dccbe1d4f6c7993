package policy

import "github.com/portico-desktop/portico/app/spelling"

// Policies are what the operating system's sources say, at one moment. They never
// change.
type Policies struct {
	said     []layer // strongest first
	problems []Problem
	sources  []Source // those that were looked for, whether they are there or not
	shut     *Problem // nobody may sign in, because of this; nil where people may
}

// layer is what one source says, checked.
type layer struct {
	source Source
	values map[Name]any
	// unclear is what is wrong with a key that restricts, and of which nothing is
	// left; nil for none.
	unclear map[Name]Problem
}

// Read asks the operating system. It never fails: a source that cannot be read is
// one of the problems of what it resolves to. Where it reads cannot be changed
// from outside, because whoever could change it would be the administrator.
func Read() *Policies { return gathered(readSystem()) }

// None are the policies of a computer that nobody manages.
func None() *Policies { return &Policies{} }

// gathered checks what the readers have found, strongest first.
func gathered(readings []reading) *Policies {
	p := &Policies{}
	for _, r := range readings {
		l, problems := checked(r)
		p.sources = append(p.sources, r.source)
		p.problems = append(p.problems, problems...)
		if len(l.values)+len(l.unclear) > 0 {
			p.said = append(p.said, l)
		}
	}
	return p
}

// Sources are the places that were looked at, strongest first.
func (p *Policies) Sources() []Source { return p.sources }

// Problems are what of the sources is not used, and why.
func (p *Policies) Problems() []Problem { return p.problems }

// Managed says whether any policy is set here.
func (p *Policies) Managed() bool { return len(p.said) > 0 }

// nearestKey is the key that was probably meant, "" for none.
func nearestKey(word string) string {
	var names []string
	for _, k := range table() {
		names = append(names, string(k.Name))
	}
	return spelling.Nearest(word, names)
}
