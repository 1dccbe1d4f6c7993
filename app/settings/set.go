package settings

import (
	"context"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
)

// personal are the settings that the person may decide.
func personal(s policy.Settings) []localapi.Setting {
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

// Tell adds to a state what the person may decide, and who manages this computer.
func (d *Decisions) Tell(s *localapi.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.Settings, s.Kiosk = d.shown, d.settings.On(policy.KioskMode)
	if d.policies.Managed() {
		s.Managed = &localapi.Managed{Name: d.settings.Text(policy.ManagedByName), URL: d.settings.Text(policy.ManagedByURL)}
	}
}

// Notice says that a source is broken and what counts meanwhile, nil where none is. Why
// nobody may sign in, the session says.
func (d *Decisions) Notice() *localapi.Problem {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.policies.Broken()
	if p == nil || p.Instead == policy.Closed {
		return nil
	}
	notice := Problem(*p)
	if by := d.settings.Text(policy.ManagedByName); by != "" {
		notice.Params["by"] = by
	}
	return &notice
}

// holdsPortal says whether a key is the portal's, and nobody knows whether IT has locked
// it.
func holdsPortal(s policy.Settings, key policy.Name) bool {
	p := s.Unclear()
	return key == policy.PortalURL && p != nil && p.Key == ""
}

// Refused is why the person cannot decide a key, nil where they can.
func (d *Decisions) Refused(key policy.Name) *localapi.Problem {
	s := d.Now()
	if holdsPortal(s, key) {
		return Unclear(s)
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
func (d *Decisions) Set(ctx context.Context, req localapi.SettingRequest) error {
	if d.p.Rehearsal {
		return &localapi.Problem{Code: localapi.Usage, Params: map[string]string{"reason": "a rehearsal keeps no settings"}}
	}
	k, known := policy.Lookup(policy.Name(req.Key))
	if !known {
		return wrongSetting(req, strings.Join(personalKeys(), ", "), "")
	}
	if p := d.Refused(k.Name); p != nil {
		return p
	}
	value := strings.TrimSpace(req.Value)
	if k.Name == policy.PortalURL && value != "" {
		return d.p.SetPortal(ctx, localapi.PortalRequest{Address: value})
	}
	if _, wrong := k.Check(value); value != "" && (wrong != "" || !isChoice(k, value)) {
		allowed := k.Allowed()
		if list := choices(k); list != nil {
			allowed = strings.Join(list, ", ")
		}
		return wrongSetting(req, allowed, k.Form())
	}
	err := d.Edit(func(p *Person) {
		switch {
		case k.Name == policy.PortalURL:
			p.Portal = ""
		case value == "":
			delete(p.Settings, k.Name)
		default:
			if p.Settings == nil {
				p.Settings = map[policy.Name]any{}
			}
			p.Settings[k.Name] = value
		}
	})
	if err != nil {
		return d.p.Explain(err)
	}
	d.Reconsider()
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
func (d *Decisions) Policy(context.Context) (localapi.PolicyReport, error) {
	d.Reconsider()
	policies, s := d.Examined()
	report := policyReport(policies, s)
	report.Problems = append(report.Problems, Faults(s)...)
	report.Network = d.p.Network()
	return report, nil
}
