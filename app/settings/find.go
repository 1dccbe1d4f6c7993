package settings

import (
	"path/filepath"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
)

// Found is the decisions of IT and the person, as they were read at one moment.
type Found struct {
	policies *policy.Policies
	person   Person
	err      error // why the person's settings could not be read
	where    string
}

// Find reads the decisions of IT and the person; nil for policies means policy.Read.
// With [Start.Found] a new [Decisions] does not read them again.
func Find(paths desktop.Paths, policies func() *policy.Policies) *Found {
	if policies == nil {
		policies = policy.Read
	}
	f := &Found{policies: policies(), where: paths.Settings()}
	f.person, f.err = readPerson(paths)
	return f
}

// IsOf says if the person's settings come from these folders.
func (f *Found) IsOf(paths desktop.Paths) bool { return f.where == paths.Settings() }

// Policies are the decisions of IT.
func (f *Found) Policies() *policy.Policies { return f.policies }

// Preferences are the settings for a program without an agent, or before it has one:
// policies, the person's settings, and PORTICO_PORTAL and PORTICO_EXTRA_CA_FILE of the
// environment. Unreadable settings of the person count as none.
func (f *Found) Preferences(env func(string) string) policy.Settings {
	return f.policies.Resolve(layers(f.person, f.where, env("PORTICO_PORTAL"), env("PORTICO_EXTRA_CA_FILE")))
}

// Languages are those for words.New, by the setting Language.
func Languages(s policy.Settings) []string {
	if language := s.Text(policy.Language); language != "system" {
		return []string{language}
	}
	return desktop.Language()
}

// layers are the sources beside the operating system's. Addresses and paths are brought
// into shape. One without a shape is left out.
func layers(person Person, where, address, authorities string) policy.Layers {
	l := policy.Layers{Personal: map[policy.Name]any{}, Environment: map[policy.Name]any{}, PersonalWhere: where}
	for name, value := range person.Settings {
		if name != policy.PortalURL {
			l.Personal[name] = value
		}
	}
	for _, own := range []struct {
		layer   map[policy.Name]any
		address string
	}{{l.Personal, person.Portal}, {l.Environment, address}} {
		if normal, err := portal.Normalise(own.address); err == nil {
			own.layer[policy.PortalURL] = normal
		}
	}
	if authorities != "" {
		if whole, err := filepath.Abs(authorities); err == nil {
			l.Environment[policy.ExtraCAFile] = whole
		}
	}
	return l
}
