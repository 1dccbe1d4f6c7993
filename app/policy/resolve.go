package policy

import (
	"maps"
	"slices"
)

// Resolve decides on the settings: machine policy, user policy, the installer's values, environment
// and the person's own settings, the policies' defaults, manifest, built-in, in that order. A Tri that
// a source leaves to the person passes over the locks of weaker policies.
func (p *Policies) Resolve(l Layers) Settings {
	s := Settings{settings: map[Name]Setting{}, problems: slices.Clone(p.problems), shut: p.shut}
	layers := p.strongerThan(Defaults)
	for _, own := range []struct {
		kind   SourceKind
		where  string
		values map[Name]any
	}{{Environment, "", l.Environment}, {Personal, l.PersonalWhere, l.Personal}} {
		layer, problems := checked(ownLayer(own.kind, own.where, own.values))
		layers, s.problems = append(layers, layer), append(s.problems, problems...)
	}
	layers = append(layers, p.defaults()...)
	manifest, problems := checked(ownLayer(Manifest, "", l.Manifest))
	layers, s.problems = append(layers, manifest), append(s.problems, problems...)

	for _, k := range table() {
		setting := k.resolve(layers)
		s.settings[k.Name] = setting
		for i := range s.problems {
			if p := &s.problems[i]; setting.Unclear != nil && p.Key == setting.Unclear.Key && p.Source == setting.Unclear.Source && p.Allowed != "" {
				p.Closes = true
			}
		}
	}
	s.rememberNobody()
	return s
}

// rememberNobody corrects RememberMe if another key lets nobody be remembered.
func (s Settings) rememberNobody() {
	remember := s.Get(RememberMe)
	for _, by := range []Setting{s.Get(KioskMode), s.Get(TokenStore)} {
		if by.Value != true && by.Value != "memory" || remember.Value == Never && remember.Locked {
			continue
		}
		if remember.Source.Kind != BuiltIn {
			remember.Others = slices.Insert(remember.Others, 0, Said{remember.Value, remember.Source})
		}
		remember.Value, remember.Source, remember.Locked, remember.By = Never, by.Source, true, by.Key.Name
		s.settings[RememberMe] = remember
	}
}

// resolve decides one key; the layers come strongest first.
func (k Key) resolve(layers []layer) Setting {
	s := Setting{Key: k, Value: k.untouched(), Source: Source{Kind: BuiltIn}}
	var decided, unlocked bool
	for _, l := range layers {
		value, said := l.values[k.Name]
		if p, unclear := l.unclear[k.Name]; unclear && !decided && s.Unclear == nil {
			p.Closes = true
			s.Unclear = &p
		}
		if !said {
			continue
		}
		policy := l.source.Kind.Locks()
		switch {
		case decided || policy && unlocked:
			s.Others = append(s.Others, Said{value, l.source})
		case k.Kind == Tri && value == UserDecides:
			unlocked = true
			s.Others = append(s.Others, Said{value, l.source})
		default:
			s.Value, s.Source, s.Locked, decided = value, l.source, policy, true
		}
	}
	return s
}

func (p *Policies) strongerThan(kind SourceKind) (out []layer) {
	for _, l := range p.said {
		if l.source.Kind != kind {
			out = append(out, l)
		}
	}
	return out
}

func (p *Policies) defaults() (out []layer) {
	for _, l := range p.said {
		if l.source.Kind == Defaults {
			out = append(out, l)
		}
	}
	return out
}

// ownLayer are Portico's own values, in the form of a source.
func ownLayer(kind SourceKind, where string, values map[Name]any) reading {
	from := reading{source: Source{Kind: kind, Where: where}}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		from.entries = append(from.entries, entry{key: string(name), value: rawOf(values[name])})
	}
	return from
}

// untouched is the value if nobody says anything.
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
