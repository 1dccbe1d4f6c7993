package policy

import "github.com/portico-desktop/portico/app/spelling"

// Policies are the operating system's sources and their values, at one moment. They
// never change. The zero value is a computer that nobody manages.
type Policies struct {
	said     []layer // strongest first
	problems []Problem
	sources  []Source // all places that were looked at, found or not
	shut     *Problem // nobody may sign in, because of this; nil if people may
}

// layer is one source's values, checked.
type layer struct {
	source Source
	values map[Name]any
	// unclear is the problem of a key that restricts, without any good part left; nil
	// for none.
	unclear map[Name]Problem
}

// Read asks the operating system. It never fails: an unreadable source is one of the
// problems of the settings it resolves to. Its places cannot be changed from outside:
// anybody who could change them would be the administrator.
func Read() *Policies { return gathered(readSystem()) }

// gathered checks the readers' findings, strongest first.
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

// Problems are the unused parts of the sources, with the reason.
func (p *Policies) Problems() []Problem { return p.problems }

// Managed is true if any policy is set here.
func (p *Policies) Managed() bool { return len(p.said) > 0 }

// nearestKey is the key probably meant, "" for none.
func nearestKey(word string) string {
	var names []string
	for _, k := range table() {
		names = append(names, string(k.Name))
	}
	return spelling.Nearest(word, names)
}
