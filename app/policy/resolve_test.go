package policy

import (
	"slices"
	"testing"
)

// Each source in turn falls silent, and the next one counts.
func TestTheStrongestSourceCounts(t *testing.T) {
	said := map[SourceKind]map[Name]any{}
	order := []SourceKind{Machine, User, Environment, Personal, Defaults, Manifest, BuiltIn}
	for i, kind := range order {
		said[kind] = map[Name]any{DomainHint: string(rune('a'+i)) + ".example"}
	}
	for i, kind := range order {
		// DomainHint is not the person's: its own settings are left out here.
		layers := Layers{Environment: said[Environment], Manifest: said[Manifest], PersonalWhere: "settings.json"}
		p := of(said[Machine], said[User], said[Defaults])
		s := p.Resolve(layers).Get(DomainHint)
		if kind == Personal {
			said[Personal] = nil
			continue
		}
		want := string(rune('a'+i)) + ".example"
		if kind == BuiltIn {
			want = ""
		}
		if s.Value != want || s.Source.Kind != kind || s.Locked != (kind == Machine || kind == User) {
			t.Errorf("%s: %+v", kind, s)
		}
		var others []SourceKind
		for _, o := range s.Others {
			others = append(others, o.Source.Kind)
		}
		if want := slices.DeleteFunc(slices.Clone(order[i:]), func(k SourceKind) bool { return k == kind || k == Personal || k == BuiltIn }); !slices.Equal(others, want) {
			t.Errorf("%s: others %v, want %v", kind, others, want)
		}
		said[kind] = nil
	}
}

func TestWhoDecidesAboutWhatPeopleMayDecide(t *testing.T) {
	type values = map[Name]any
	tri := func(v string) values { return values{Autostart: v} }
	for _, test := range []struct {
		what                    string
		machine, user, defaults values
		own                     values
		want                    string
		from                    SourceKind
		locked                  bool
	}{
		{"nobody", nil, nil, nil, nil, Always, BuiltIn, false},
		{"the person", nil, nil, nil, tri(Never), Never, Personal, false},
		{"the person, against a default", nil, nil, tri(Always), tri(Never), Never, Personal, false},
		{"a default", nil, nil, tri(Never), nil, Never, Defaults, false},
		{"the machine's policy", tri(Never), tri(Always), tri(Always), tri(Always), Never, Machine, true},
		{"the user's policy", nil, tri(Never), tri(Always), tri(Always), Never, User, true},
		{"left to the person who decides", tri(UserDecides), nil, nil, tri(Never), Never, Personal, false},
		{"left to the person against the user's policy", tri(UserDecides), tri(Always), nil, tri(Never), Never, Personal, false},
		{"left to a person who says nothing", tri(UserDecides), tri(Never), nil, nil, Always, BuiltIn, false},
		{"left to a person who says nothing, with a default", tri(UserDecides), nil, tri(Never), nil, Never, Defaults, false},
		{"left to the person by the user's policy", nil, tri(UserDecides), nil, tri(Never), Never, Personal, false},
		{"a person without an opinion", nil, nil, tri(Never), tri(UserDecides), Never, Defaults, false},
		{"a default without an opinion", nil, nil, tri(UserDecides), nil, Always, BuiltIn, false},
	} {
		t.Run(test.what, func(t *testing.T) {
			settings := of(test.machine, test.user, test.defaults).Resolve(Layers{Personal: test.own, PersonalWhere: "settings.json"})
			s := settings.Get(Autostart)
			if s.Value != test.want || s.Source.Kind != test.from || s.Locked != test.locked {
				t.Errorf("%+v", s)
			}
			if settings.On(Autostart) != (test.want == Always) || len(settings.Problems()) > 0 {
				t.Errorf("on: %v, %v", settings.On(Autostart), settings.Problems())
			}
		})
	}
}

func TestPeopleCannotDecideWhatIsNotTheirs(t *testing.T) {
	for _, k := range Keys() {
		s := (&Policies{}).Resolve(Layers{Personal: map[Name]any{k.Name: k.here()}, PersonalWhere: "settings.json"})
		problems := s.Problems()
		if k.Personal {
			if len(problems) > 0 || s.Get(k.Name).Source.Kind != Personal {
				t.Errorf("%s: %+v, %+v", k.Name, s.Get(k.Name), problems)
			}
			continue
		}
		if len(problems) != 1 || problems[0].Kind != NotPersonal || problems[0].Source != (Source{Personal, "settings.json"}) || s.Get(k.Name).Source.Kind != BuiltIn {
			t.Errorf("%s: %+v, %+v", k.Name, s.Get(k.Name), problems)
		}
	}
}

// What a weaker policy says wrongly about who may sign in is of no importance where a
// stronger one is clear, and what a stronger one says is where a weaker one is.
func TestTheStrongestPolicyHasToBeClearAboutWhoMaySignIn(t *testing.T) {
	good, bad := []any{"contoso.example"}, "contoso.example"
	for _, test := range []struct {
		what           string
		machine, user  any
		closed, silent bool
	}{
		{"only the machine's", bad, nil, true, false},
		{"only the user's", nil, bad, true, false},
		{"a clear one above", good, bad, false, false},
		{"a clear one below", bad, good, true, false},
		{"both", bad, bad, true, false},
		{"none", nil, nil, false, true},
	} {
		t.Run(test.what, func(t *testing.T) {
			var all []reading
			for _, from := range []struct {
				kind  SourceKind
				value any
			}{{Machine, test.machine}, {User, test.user}} {
				r := reading{source: Source{from.kind, string(from.kind)}}
				if from.value != nil {
					r.entries = []entry{{key: string(AllowedDomains), value: rawOf(from.value)}}
				}
				all = append(all, r)
			}
			p := gathered(all)
			s := p.Resolve(Layers{})
			closing := 0
			for _, problem := range s.Problems() {
				if problem.Closes {
					closing++
				}
			}
			if (s.Unclear() != nil) != test.closed || (closing == 1) != test.closed || p.Managed() == test.silent {
				t.Errorf("closed by %+v; problems %+v", s.Unclear(), s.Problems())
			}
		})
	}
	// The person's own settings decide about none of this.
	if s := (&Policies{}).Resolve(Layers{Personal: map[Name]any{AllowedDomains: "x", KioskMode: "yes"}}); s.Unclear() != nil {
		t.Errorf("%+v", s.Unclear())
	}
}

func TestOwnSettingsAreCheckedLikePolicies(t *testing.T) {
	s := (&Policies{}).Resolve(Layers{
		Personal: map[Name]any{Theme: "pink", "Wallpaper": "x"}, PersonalWhere: "settings.json",
		Environment: map[Name]any{PortalURL: "portal"}, Manifest: map[Name]any{StatusURL: 5},
	})
	var kinds []ProblemKind
	for _, p := range s.Problems() {
		kinds = append(kinds, p.Kind)
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, []ProblemKind{UnknownKey, WrongType, WrongValue, WrongValue}) {
		t.Errorf("%+v", s.Problems())
	}
	if s.Text(Theme) != "system" || s.Text(PortalURL) != "" {
		t.Error("a wrong value is used")
	}
}

func TestTheTableIsWhole(t *testing.T) {
	seen := map[Name]bool{}
	for _, k := range Keys() {
		if seen[k.Name] {
			t.Errorf("%s stands there twice", k.Name)
		}
		seen[k.Name] = true
		if !slices.Contains([]string{"", "requests", "news", "updates", "hotkey"}, k.Waits) {
			t.Errorf("%s waits for %q, which Key.Waits does not name", k.Name, k.Waits)
		}
		if k.Title == "" || k.About == "" || k.Example == nil || k.Since == "" || !slices.Contains(Groups(), k.Group) {
			t.Errorf("%s: something is missing: %+v", k.Name, k)
		}
		if k.Default != nil {
			if got, fault := k.Check(k.Default); fault != "" || got != k.Default {
				t.Errorf("%s: the default is %s", k.Name, fault)
			}
		}
		if k.Kind == Tri && (k.Default != UserDecides || k.Untouched != Always && k.Untouched != Never) {
			t.Errorf("%s: what counts when nobody decides?", k.Name)
		}
		if s := (&Policies{}).Resolve(Layers{}).Get(k.Name); s.Locked || s.Source.Kind != BuiltIn {
			t.Errorf("%s: %+v", k.Name, s)
		}
	}
	if (&Policies{}).Managed() || !of(map[Name]any{Theme: "dark"}, nil, nil).Managed() {
		t.Error("managed is wrong")
	}
	if len(seen) != 37 {
		t.Errorf("%d keys: a key was taken away, or this number is old", len(seen))
	}
}

// What is shown has to be what is done.
func TestWhereNobodyIsRememberedRememberMeSaysSo(t *testing.T) {
	type values = map[Name]any
	personal := Layers{Personal: values{RememberMe: Always}, PersonalWhere: "own"}
	for name, tc := range map[string]struct {
		machine, user, defaults values
		by                      Name
		where                   string
		others                  int
	}{
		"a shared computer":                      {values{KioskMode: true}, nil, nil, KioskMode, "machine", 1},
		"shared by default":                      {nil, nil, values{KioskMode: true}, KioskMode, "defaults", 1},
		"sign-ins in memory":                     {nil, values{TokenStore: "memory"}, nil, TokenStore, "user", 1},
		"both":                                   {values{KioskMode: true}, values{TokenStore: "memory"}, nil, KioskMode, "machine", 1},
		"against another policy":                 {values{KioskMode: true, RememberMe: Always}, nil, nil, KioskMode, "machine", 2},
		"with a policy that says the same":       {values{KioskMode: true}, values{RememberMe: Never}, nil, "", "user", 1},
		"a computer of one's own, of which both": {values{KioskMode: false, TokenStore: "file"}, nil, nil, "", "own", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := of(tc.machine, tc.user, tc.defaults).Resolve(personal).Get(RememberMe)
			if want := tc.where != "own"; got.Locked != want || (got.Value == Never) != want || got.By != tc.by || got.Source.Where != tc.where || len(got.Others) != tc.others {
				t.Errorf("%+v", got)
			}
		})
	}
}
