package settings

import (
	"path/filepath"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
)

// Found is what IT and the person have decided, as it was read at one moment.
type Found struct {
	policies *policy.Policies
	person   Person
	err      error // why the person's settings could not be read
	where    string
}

// Find reads what IT and the person have decided; nil for policies means policy.Read.
// With [Start.Found] Decisions that are made at once do not read it again.
func Find(paths desktop.Paths, policies func() *policy.Policies) *Found {
	if policies == nil {
		policies = policy.Read
	}
	f := &Found{policies: policies(), where: paths.Settings()}
	f.person, f.err = readPerson(paths)
	return f
}

// IsOf says whether the person's settings are those in these folders.
func (f *Found) IsOf(paths desktop.Paths) bool { return f.where == paths.Settings() }

// Policies are what IT has decided.
func (f *Found) Policies() *policy.Policies { return f.policies }

// Preferences are what counts for a program that has no agent, or none yet: the
// policies, what the person has decided, and PORTICO_PORTAL and PORTICO_EXTRA_CA_FILE
// of the environment. Settings of the person that cannot be read count as none.
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

// layers are the sources that are not the operating system's. What has to be brought
// into shape is, and what cannot be is left out.
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
