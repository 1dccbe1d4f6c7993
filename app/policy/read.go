package policy

// Policies are what the operating system's sources say, at one moment. They never
// change.
type Policies struct {
	said     []layer // strongest first
	problems []Problem
	sources  []Source // those that were looked for, whether they are there or not
}

// layer is what one source says, checked.
type layer struct {
	source Source
	values map[Name]any
}

// Read asks the operating system. It never fails: a source that cannot be read is
// one of the problems of what it resolves to.
func Read() *Policies { return &Policies{} }

// None are the policies of a computer that nobody manages.
func None() *Policies { return &Policies{} }

// Sources are the places that were looked at, strongest first.
func (p *Policies) Sources() []Source { return p.sources }

// Managed says whether any policy is set here.
func (p *Policies) Managed() bool { return len(p.said) > 0 }

// Resolve decides what counts.
func (p *Policies) Resolve(l Layers) Settings {
	s := Settings{settings: map[Name]Setting{}, problems: p.problems}
	for _, k := range Keys() {
		s.settings[k.Name] = Setting{Key: k, Value: k.untouched(), Source: Source{Kind: BuiltIn}}
	}
	return s
}

// untouched is the value where nobody says anything.
func (k Key) untouched() any {
	switch {
	case k.Kind == Tri:
		return k.Untouched
	case k.Default != nil:
		return k.Default
	}
	switch k.Kind {
	case Flag:
		return false
	case Number:
		return 0
	case List:
		return []string(nil)
	case Objects:
		return nil
	}
	return ""
}
