package form

// State is how a form stands with certain answers. It never changes, and may be used from
// several goroutines.
type State struct {
	form    *Form
	answers map[string]any
	// held are the results of the rules, by the element's index.
	held []bool
	// shown are those elements that are shown, with all around them.
	shown []bool
	// enabled likewise.
	enabled []bool
}

// State says what is shown and what may be answered. answers are as encoding/json has
// them, and must not change as long as the state is used; those to unknown questions are
// passed over.
func (f *Form) State(answers map[string]any) *State {
	n := len(f.elements)
	all := make([]bool, 3*n)
	s := &State{form: f, answers: answers, held: all[:n], shown: all[n : 2*n], enabled: all[2*n:]}
	for _, e := range f.elements {
		s.held[e.index] = !e.rule.shows()
	}
	for _, e := range f.showing {
		s.held[e.index] = s.holds(e.rule)
	}
	for _, e := range f.elements {
		s.shown[e.index] = s.held[e.index] && (e.parent == nil || s.shown[e.parent.index])
	}
	for _, e := range f.elements {
		switch {
		case e.rule.enables():
			s.enabled[e.index] = s.holds(e.rule)
		default:
			s.enabled[e.index] = e.parent == nil || s.enabled[e.parent.index]
		}
	}
	return s
}

// Shown reports if an element is shown: its own rule and those of all layouts around it
// say so.
func (s *State) Shown(e *Element) bool { return s.shown[e.index] }

// Enabled reports if an element may be answered. As in JSON Forms, a rule ENABLE or
// DISABLE of its own counts alone, and else that of the layout around it. An answer that
// cannot be changed counts like any other.
func (s *State) Enabled(e *Element) bool { return s.enabled[e.index] }

// Asked reports if some control of the field is shown. Only then does its answer count.
func (s *State) Asked(f *Field) bool {
	for _, e := range f.controls {
		if s.visible(e) {
			return true
		}
	}
	return false
}

// Answer is the answer to a field that is asked; ok is false where there is none, and an
// empty text or list is none.
func (s *State) Answer(f *Field) (v any, ok bool) {
	v, ok = find(s.answers, f.path)
	if !ok || empty(v) || !s.Asked(f) {
		return nil, false
	}
	return v, true
}

// visible is about an element with rules that are already held.
func (s *State) visible(e *Element) bool {
	for ; e != nil; e = e.parent {
		if !s.held[e.index] {
			return false
		}
	}
	return true
}

// holds evaluates a rule. Those that decide on the fields in it are already held.
func (s *State) holds(r *rule) bool {
	if f := r.scope.field; f != nil {
		v, given := s.Answer(f)
		return r.holds(v, given)
	}
	// An object is what is given of it, without hidden answers.
	object := map[string]any{}
	for _, f := range r.needs {
		if v, given := s.Answer(f); given {
			put(object, f.path[len(r.path):], v)
		}
	}
	if len(object) == 0 && len(r.path) > 0 {
		return r.holds(nil, false)
	}
	return r.holds(object, true)
}

// Clean are the answers to send: those to questions that are asked, and no others.
func (f *Form) Clean(answers map[string]any) map[string]any {
	out := map[string]any{}
	s := f.State(answers)
	for _, field := range f.fields {
		if v, given := s.Answer(field); given {
			put(out, field.path, v)
		}
	}
	return out
}
