package settings

import (
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/words"
)

// Start is the beginning of each of the programs: its folders, the settings found there,
// and the person's words.
type Start struct {
	Paths desktop.Paths
	// Words are in the language of the setting Language.
	Words *words.Words
	// Policies reads the decisions of IT. Nil means policy.Read.
	Policies func() *policy.Policies
	// Found was read at the start, and serves for the first decisions. Nil means to read
	// again.
	Found *Found
	// Portal is an address for this run only, before the person's own.
	Portal string
}

// Begin reads the settings for the time before there is an agent: the decisions of IT and
// of the person, and the environment. Nil for policies means policy.Read.
func Begin(paths desktop.Paths, policies func() *policy.Policies, env func(string) string) (Start, policy.Settings) {
	s := Start{Paths: paths, Policies: policies, Found: Find(paths, policies), Portal: env("PORTICO_PORTAL")}
	counts := s.Found.Preferences(env)
	s.Words = words.New(Languages(counts)...)
	return s, counts
}
