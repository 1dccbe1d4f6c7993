package settings

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/manifest"
)

// Providers are IT's, in the place of the manifest's; nil for none.
func Providers(s policy.Settings) ([]manifest.Provider, error) {
	raw := s.Objects(policy.Providers)
	if raw == nil {
		return nil, nil
	}
	providers, err := manifest.ParseProviders(raw, "the policy")
	return providers, portal.ManifestProblem(err)
}

// Menus are IT's apps, before the manifest's; nil for none.
func Menus(s policy.Settings) ([]manifest.Menu, error) {
	raw := s.Objects(policy.Menus)
	if raw == nil {
		return nil, nil
	}
	menus, err := manifest.ParseMenus(raw, "the policy")
	return menus, portal.ManifestProblem(err)
}

// Faults are mistakes inside IT's providers and apps. A list with one is not used.
func Faults(s policy.Settings) (out []localapi.Problem) {
	note := func(key policy.Name, err error) {
		if err == nil {
			return
		}
		source := s.Get(key).Source
		p := localapi.Problem{Code: localapi.PolicyWrong, Params: map[string]string{
			"key": string(key), "source": string(source.Kind), "where": cmp.Or(source.Where, string(source.Kind)),
			"allowed": "a list as the portal's manifest has it", "form": "objects", "reason": err.Error(),
		}, Details: &localapi.Details{Error: err.Error(), Time: time.Now()}}
		var why *localapi.Problem
		if errors.As(err, &why) && why.Params["field"] != "" {
			_, inside, _ := strings.Cut(why.Params["field"], "[")
			p.Params["key"], p.Params["reason"] = string(key)+"["+inside, why.Params["reason"]
			p.Params["field"] = why.Params["field"]
		}
		out = append(out, p)
	}
	_, err := Providers(s)
	note(policy.Providers, err)
	_, err = Menus(s)
	note(policy.Menus, err)
	return out
}

// Unclear is the reason to let nobody sign in: a wrong key, or an unreadable source. It
// is nil for neither.
func Unclear(s policy.Settings) *localapi.Problem {
	p := s.Unclear()
	if p == nil {
		return nil
	}
	why := Problem(*p)
	why.Code = localapi.PolicyUnclear
	if by := s.Text(policy.ManagedByName); by != "" {
		why.Params["by"] = by
	}
	return &why
}
