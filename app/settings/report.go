package settings

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
)

// CheckPolicy is the effect of a policy file of Linux on a computer of its own, with any
// owner and mode; where is its name.
func CheckPolicy(data []byte, where string) localapi.PolicyReport {
	p := policy.Check(data, where)
	s := p.Resolve(policy.Layers{})
	report := policyReport(p, s)
	report.Problems = append(report.Problems, Faults(s)...)
	return report
}

// policyReport is what the contract says about what counts, and why.
func policyReport(p *policy.Policies, s policy.Settings) localapi.PolicyReport {
	report := localapi.PolicyReport{Sources: []localapi.PolicySource{}}
	for _, source := range p.Sources() {
		report.Sources = append(report.Sources, policySource(source))
	}
	for _, setting := range s.All() {
		row := localapi.PolicySetting{
			Key: string(setting.Key.Name), Kind: string(setting.Key.Kind), Value: policyValue(setting.Value), Source: policySource(setting.Source),
			Overridable: setting.Key.Personal && !setting.Locked && !s.On(policy.KioskMode) && !holdsPortal(s, setting.Key.Name), Waits: setting.Key.Waits,
			By: string(setting.By),
		}
		for _, other := range setting.Others {
			row.Others = append(row.Others, localapi.PolicySaid{Value: policyValue(other.Value), Source: policySource(other.Source)})
		}
		report.Settings = append(report.Settings, row)
	}
	for _, problem := range s.Problems() {
		report.Problems = append(report.Problems, Problem(problem))
	}
	if name, url := s.Text(policy.ManagedByName), s.Text(policy.ManagedByURL); p.Managed() || name != "" || url != "" {
		report.Managed = &localapi.Managed{Name: name, URL: url}
	}
	return report
}

func policySource(s policy.Source) localapi.PolicySource {
	return localapi.PolicySource{Kind: string(s.Kind), Where: s.Where}
}

func policyValue(v any) json.RawMessage {
	if list, ok := v.([]string); ok && list == nil {
		v = []string{}
	}
	raw, err := json.Marshal(v)
	if err != nil { // Objects are checked to be JSON, and the rest cannot fail
		return json.RawMessage("null")
	}
	return raw
}

// Problem is a problem of a policy in the contract's codes.
func Problem(p policy.Problem) localapi.Problem {
	where := cmp.Or(p.Source.Where, string(p.Source.Kind))
	out := localapi.Problem{Params: map[string]string{"source": string(p.Source.Kind), "where": where, "at": where}}
	if p.Line > 0 {
		out.Params["at"] = fmt.Sprintf("%s:%d:%d", where, p.Line, p.Column)
		out.Params["line"], out.Params["column"] = strconv.Itoa(p.Line), strconv.Itoa(p.Column)
	}
	for name, value := range map[string]string{"key": p.Key, "value": p.Value, "allowed": p.Allowed, "suggestion": p.Suggestion, "found": p.Found, "wanted": p.Wanted} {
		if value != "" {
			out.Params[name] = value
		}
	}
	if k, ok := policy.Lookup(policy.Name(p.Key)); ok && p.Allowed != "" && k.Form() != "" {
		out.Params["form"] = k.Form()
		if k.Kind == policy.Number {
			out.Params["min"], out.Params["max"] = strconv.Itoa(k.Min), strconv.Itoa(k.Max)
		}
	}
	if hint := spelt(p); hint != "" {
		out.Params["hint"] = hint
	}
	if p.Err != nil {
		out.Params["reason"] = p.Err.Error()
	}
	if p.Instead != policy.Nothing {
		out.Params["instead"] = string(p.Instead)
	}
	own := p.Source.Kind == policy.Personal || p.Source.Kind == policy.Environment
	switch p.Kind {
	case policy.UnknownKey:
		out.Code = localapi.PolicyUnknownKey
	case policy.Writable:
		out.Code = localapi.PolicyUnsafe
	case policy.Private:
		out.Code = localapi.PolicyPrivate
	case policy.Unreadable, policy.Malformed, policy.TooLarge:
		out.Code = localapi.PolicyUnreadable
	case policy.NotPersonal:
		out.Code = localapi.PolicyNotPersonal
	case policy.Duplicate:
		out.Code = localapi.PolicyTwice
	case policy.OtherType:
		out.Code = localapi.PolicyType
	default:
		out.Code = localapi.PolicyWrong
		switch {
		case own:
			out.Code = localapi.SettingIgnored
		case p.Closes:
			out.Code = localapi.PolicyUnclear
		}
	}
	return out
}

// spelt is how a value has to be written that is right but for its type in JSON, where
// what is allowed looks as if it were kept: "unquoted" or "brackets", "" for neither.
func spelt(p policy.Problem) string {
	k, known := policy.Lookup(policy.Name(p.Key))
	if !known || p.Kind != policy.WrongType || p.Line == 0 {
		return ""
	}
	_, err := strconv.Atoi(p.Value)
	switch k.Kind {
	case policy.Number:
		if err == nil {
			return "unquoted"
		}
	case policy.Flag:
		if p.Value == "true" || p.Value == "false" {
			return "unquoted"
		}
	case policy.List:
		if _, wrong := k.Check([]string{p.Value}); wrong == "" {
			return "brackets"
		}
	}
	return ""
}
