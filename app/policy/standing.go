package policy

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// Instead names the values in the place of a source that cannot be read as a whole.
type Instead string

const (
	// Nothing: nobody has asked for its former values.
	Nothing Instead = ""
	// All its values at the last reading, by the same program.
	All Instead = "all"
	// Restrictions: its last values of keys that restrict, of the portal, and of the
	// place of sign-ins.
	Restrictions Instead = "restrictions"
	// Closed: its former values are lost, and nobody may sign in.
	Closed Instead = "closed"
)

// broken are problems of a source as a whole.
func (p Problem) broken() bool {
	switch p.Kind {
	case Unreadable, Malformed, Writable, TooLarge:
		return p.Key == "" && p.Source.Kind.OfIT()
	}
	return false
}

// Broken is the reason why a source cannot be read as a whole, so nothing of it is
// used; nil if all can. A missing source is not broken.
func (p *Policies) Broken() *Problem {
	for i := range p.problems {
		if p.problems[i].broken() {
			return &p.problems[i]
		}
	}
	return nil
}

// State tells one state of the broken sources from another, such as a file that is
// still being written; "" if none is broken.
func (p *Policies) State() string {
	state := ""
	for _, problem := range p.problems {
		if !problem.broken() {
			continue
		}
		state += fmt.Sprintf("%s %s %v %d:%d", problem.Kind, problem.Source.Where, problem.Err, problem.Line, problem.Column)
		if info, err := os.Stat(problem.Source.Where); err == nil {
			state += fmt.Sprintf(" %d %s", info.Size(), info.ModTime())
		}
		state += "\n"
	}
	return state
}

// Knows is true if p has any value from the broken sources of later.
func (p *Policies) Knows(later *Policies) bool {
	for _, problem := range later.problems {
		if problem.broken() && !slices.ContainsFunc(p.said, func(l layer) bool { return l.source.Where == problem.Source.Where }) {
			return false
		}
	}
	return true
}

// Standing is p with former's values for its broken sources: for a program that goes on
// while somebody mends them.
func (p *Policies) Standing(former *Policies) *Policies { return p.instead(former.said, All) }

// Shut is p with nobody allowed to sign in until the broken sources are mended.
func (p *Policies) Shut() *Policies { return p.instead(nil, Closed) }

// instead takes the layers of broken sources from elsewhere.
func (p *Policies) instead(said []layer, how Instead) *Policies {
	lost := map[string]bool{}
	out := &Policies{sources: p.sources, problems: slices.Clone(p.problems)}
	for i := range out.problems {
		if problem := &out.problems[i]; problem.broken() {
			lost[problem.Source.Where] = true
			problem.Instead, problem.Closes = how, how == Closed
			if problem.Closes && out.shut == nil {
				out.shut = problem
			}
		}
	}
	// Strongest first, as the sources are.
	for _, source := range p.sources {
		from := p.said
		if lost[source.Where] {
			from = said
		}
		if at := slices.IndexFunc(from, func(l layer) bool { return l.source == source }); at >= 0 {
			out.said = append(out.said, from[at])
		}
	}
	return out
}

// keptLayer is the kept part of one source.
type keptLayer struct {
	Kind   SourceKind   `json:"kind"`
	Where  string       `json:"where"`
	Values map[Name]any `json:"values,omitempty"`
	// Unclear are keys that restrict, without any usable value.
	Unclear []Name `json:"unclear,omitempty"`
}

// isKept is true for the keys remembered for the day of a broken source. They are those
// that restrict, the portal, whose lock keeps people from any other, and the place of
// sign-ins, which would be lost in another one.
func (k Key) isKept() bool { return k.Restricts || k.Name == PortalURL || k.Name == TokenStore }

// Kept are the policies' restrictions in the form for [Policies.Recalled], always the
// same for the same policies; nil without any policy.
func (p *Policies) Kept() []byte {
	var all []keptLayer
	for _, l := range p.said {
		kept := keptLayer{Kind: l.source.Kind, Where: l.source.Where}
		for _, k := range table() {
			if value, said := l.values[k.Name]; said && k.isKept() {
				if kept.Values == nil {
					kept.Values = map[Name]any{}
				}
				kept.Values[k.Name] = value
			}
			if _, unclear := l.unclear[k.Name]; unclear {
				kept.Unclear = append(kept.Unclear, k.Name)
			}
		}
		all = append(all, kept)
	}
	if all == nil {
		return nil
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return nil // values of the table's types always have a JSON form
	}
	return raw
}

// Recalled is p with the values from [Policies.Kept] for its broken sources. A source
// without kept values, or with unreadable ones, shuts it; see [Policies.Shut].
func (p *Policies) Recalled(kept []byte) *Policies {
	var all []keptLayer
	if json.Unmarshal(kept, &all) != nil {
		return p.Shut()
	}
	var said []layer
	known := map[string]bool{}
	for _, k := range all {
		l := layer{source: Source{k.Kind, k.Where}, values: map[Name]any{}, unclear: map[Name]Problem{}}
		for name, value := range k.Values {
			row, found := Lookup(name)
			if !found || !row.isKept() {
				continue
			}
			good, wrong := row.Check(value)
			if wrong != "" {
				return p.Shut()
			}
			l.values[name] = good
		}
		for _, name := range k.Unclear {
			l.unclear[name] = Problem{Kind: WrongValue, Key: string(name), Source: l.source}
		}
		said, known[k.Where] = append(said, l), true
	}
	for _, problem := range p.problems {
		if problem.broken() && !known[problem.Source.Where] {
			return p.Shut()
		}
	}
	return p.instead(said, Restrictions)
}
