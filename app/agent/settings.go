package agent

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/session"
)

// Found is what IT and the person have decided, as it was read at one moment.
type Found struct {
	policies *policy.Policies
	kept     settings
	err      error // why the person's settings could not be read
	where    string
}

// Find reads what IT and the person have decided; nil for policies means policy.Read.
// With [Params.Found] an agent that begins at once does not read it again.
func Find(paths desktop.Paths, policies func() *policy.Policies) *Found {
	if policies == nil {
		policies = policy.Read
	}
	f := &Found{policies: policies(), where: paths.Settings()}
	f.kept, f.err = readKept(paths)
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
	return f.policies.Resolve(layers(f.kept, f.where, env("PORTICO_PORTAL"), env("PORTICO_EXTRA_CA_FILE")))
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
func layers(kept settings, where, address, authorities string) policy.Layers {
	l := policy.Layers{Personal: map[policy.Name]any{}, Environment: map[policy.Name]any{}, PersonalWhere: where}
	for name, value := range kept.Settings {
		if name != policy.PortalURL {
			l.Personal[name] = value
		}
	}
	for _, own := range []struct {
		layer   map[policy.Name]any
		address string
	}{{l.Personal, kept.Portal}, {l.Environment, address}} {
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

// decide asks the policies and the person's settings anew. It takes nothing of them
// into use; see apply.
func (a *Agent) decide() {
	a.mu.Lock()
	inUse := a.policies
	a.mu.Unlock()
	read, kept, err := a.found()
	policies := a.trusted(read, inUse)
	if err != nil {
		a.log.Error("the settings could not be read; going on without them", "error", err)
	}
	a.mu.Lock()
	address, again := a.runAddress, inUse != nil
	a.mu.Unlock()
	if broken := policies.Broken(); again && broken != nil && policies.State() != inUse.State() {
		a.log.Warn("the policies cannot be read", "where", broken.Source.Where, "instead", broken.Instead, "error", broken.Err)
	}
	s := policies.Resolve(layers(kept, a.p.Paths.Settings(), address, a.p.Network.ExtraCAFile))
	level := slog.LevelWarn
	if again {
		level = slog.LevelDebug // it was told of when the agent began
	}
	for _, p := range s.Problems() {
		a.log.Log(context.Background(), level, "a setting is not used", "kind", p.Kind, "key", p.Key, "source", p.Source.Kind, "where", p.Source.Where)
	}
	shown := localSettings(s)
	a.mu.Lock()
	a.policies, a.settings, a.shown = policies, s, shown
	a.mu.Unlock()
}

// found is what IT and the person have decided: what was found for the program a moment
// before, and from then on what is there.
func (a *Agent) found() (*policy.Policies, settings, error) {
	a.mu.Lock()
	f := a.p.Found
	a.p.Found = nil
	a.mu.Unlock()
	if f == nil || a.p.Rehearse != nil || !f.IsOf(a.p.Paths) {
		f = &Found{policies: a.readPolicies()}
		a.keeping.Lock()
		defer a.keeping.Unlock()
		f.kept, f.err = a.readSettings()
	}
	a.mu.Lock()
	a.kept = f.kept
	a.mu.Unlock()
	return f.policies, f.kept, f.err
}

// decided is what counts now.
func (a *Agent) decided() policy.Settings {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.settings
}

// localSettings are what the person may decide.
func localSettings(s policy.Settings) []localapi.Setting {
	var out []localapi.Setting
	for _, setting := range s.All() {
		k := setting.Key
		if !k.Personal || k.Waits != "" {
			continue
		}
		row := localapi.Setting{
			Key: string(k.Name), Value: s.Text(k.Name), Values: choices(k),
			Own: setting.Source.Kind == policy.Personal, Locked: setting.Locked || s.On(policy.KioskMode) || holdsPortal(s, k.Name),
		}
		out = append(out, row)
	}
	return out
}

// choices are the values that a person can choose from, nil for any text. To leave it
// to the person is nothing that the person would choose.
func choices(k policy.Key) []string {
	return slices.DeleteFunc(slices.Clone(k.Values), func(v string) bool { return k.Kind == policy.Tri && v == policy.UserDecides })
}

// localManaged says who manages this computer. The caller holds mu.
func (a *Agent) localManaged() *localapi.Managed {
	if !a.policies.Managed() {
		return nil
	}
	return &localapi.Managed{Name: a.settings.Text(policy.ManagedByName), URL: a.settings.Text(policy.ManagedByURL)}
}

// holdsPortal says whether a key is the portal's, and nobody knows whether IT has locked
// it.
func holdsPortal(s policy.Settings, key policy.Name) bool {
	p := s.Unclear()
	return key == policy.PortalURL && p != nil && p.Key == ""
}

// managed is why the person cannot decide a key, nil where they can.
func (a *Agent) managed(key policy.Name) *localapi.Problem {
	s := a.decided()
	if holdsPortal(s, key) {
		why := unclearProblem(s)
		return &why
	}
	if setting := s.Get(key); setting.Key.Personal && !setting.Locked && !s.On(policy.KioskMode) {
		return nil
	}
	p := &localapi.Problem{Code: localapi.SettingManaged, Params: map[string]string{"key": string(key)}}
	if by := s.Text(policy.ManagedByName); by != "" {
		p.Params["by"] = by
	}
	return p
}

// Set changes one of the person's settings; see [localapi.Agent]. Language, Proxy and
// where sign-ins are kept count from the agent's next start on, everything else at
// once.
func (a *Agent) Set(ctx context.Context, req localapi.SettingRequest) error {
	if a.p.Rehearse != nil {
		return &localapi.Problem{Code: localapi.Usage, Params: map[string]string{"reason": "a rehearsal keeps no settings"}}
	}
	k, known := policy.Lookup(policy.Name(req.Key))
	if !known {
		return wrongSetting(req, strings.Join(personalKeys(), ", "), "")
	}
	if p := a.managed(k.Name); p != nil {
		return p
	}
	value := strings.TrimSpace(req.Value)
	if k.Name == policy.PortalURL && value != "" {
		return a.SetPortal(ctx, localapi.PortalRequest{Address: value})
	}
	if _, wrong := k.Check(value); value != "" && (wrong != "" || !isChoice(k, value)) {
		allowed := k.Allowed()
		if list := choices(k); list != nil {
			allowed = strings.Join(list, ", ")
		}
		return wrongSetting(req, allowed, k.Form())
	}
	err := a.editSettings(func(s *settings) {
		switch {
		case k.Name == policy.PortalURL:
			s.Portal = ""
		case value == "":
			delete(s.Settings, k.Name)
		default:
			if s.Settings == nil {
				s.Settings = map[policy.Name]any{}
			}
			s.Settings[k.Name] = value
		}
	})
	if err != nil {
		return session.Explain(err, session.About{}, time.Now())
	}
	a.reconsider()
	return nil
}

func isChoice(k policy.Key, value string) bool {
	list := choices(k)
	return list == nil || slices.Contains(list, value)
}

func wrongSetting(req localapi.SettingRequest, allowed, form string) error {
	p := &localapi.Problem{Code: localapi.SettingWrong, Params: map[string]string{"key": req.Key, "value": req.Value, "allowed": allowed}}
	if form != "" {
		p.Params["form"] = form
	}
	return p
}

func personalKeys() (names []string) {
	for _, k := range policy.Keys() {
		if k.Personal && k.Waits == "" {
			names = append(names, string(k.Name))
		}
	}
	return names
}

// Policy says what IT has decided; see [localapi.Agent].
func (a *Agent) Policy(context.Context) (localapi.PolicyReport, error) {
	a.reconsider()
	policies, s := a.examined()
	report := policyReport(policies, s)
	report.Problems = append(report.Problems, policyFaults(s)...)
	if a.network != nil {
		report.Network = localNetwork(a.network.Settings())
	}
	return report, nil
}
