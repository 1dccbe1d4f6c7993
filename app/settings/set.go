package settings

import (
	"context"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
)

// personal are the settings for the person to decide.
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

// choices are the values for a person to choose from, nil for any text. IT can leave a
// decision to the person; for the person that is no choice.
func choices(k policy.Key) []string {
	return slices.DeleteFunc(slices.Clone(k.Values), func(v string) bool { return k.Kind == policy.Tri && v == policy.UserDecides })
}

// Tell adds to a state the person's settings, and the name of the computer's IT.
func (d *Decisions) Tell(s *localapi.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.Settings, s.Kiosk = d.shown, d.settings.On(policy.KioskMode)
	if d.policies.Managed() {
		s.Managed = &localapi.Managed{Name: d.settings.Text(policy.ManagedByName), URL: d.settings.Text(policy.ManagedByURL)}
	}
}

// Notice tells of a broken source and of its substitute, nil for none. A closed sign-in
// is the session's to tell of.
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

// holdsPortal says if a key is the portal's while a source is broken: IT may have locked
// it there.
func holdsPortal(s policy.Settings, key policy.Name) bool {
	p := s.Unclear()
	return key == policy.PortalURL && p != nil && p.Key == ""
}

// Refused is the reason to keep a key from the person, nil for none.
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
// TokenStore count from the agent's next start on, everything else at once.
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

// Policy reports the decisions of IT; see [localapi.Agent].
func (d *Decisions) Policy(context.Context) (localapi.PolicyReport, error) {
	d.Reconsider()
	policies, s := d.Examined()
	report := policyReport(policies, s)
	report.Problems = append(report.Problems, Faults(s)...)
	report.Network = d.p.Network()
	return report, nil
}
