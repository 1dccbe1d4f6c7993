package localapi

import (
	"context"
	"encoding/json"
)

// Settings is about the decisions of the person and IT. See [Agent].
type Settings interface {
	// Set changes one of the person's settings (see [State.Settings]); an empty value
	// takes the decision back. A setting locked by IT is a problem of code
	// [SettingManaged], a wrong value one of code [SettingWrong].
	Set(ctx context.Context, req SettingRequest) error
	// Policy reads IT's decisions anew, takes them into use as far as a running agent
	// can, and gives for every key the value in force, and why.
	Policy(ctx context.Context) (PolicyReport, error)
}

const (
	set    tell[SettingRequest] = "/v1/settings"
	policy ask[PolicyReport]    = "/v1/policy"
)

// Set implements [Agent].
func (c *Client) Set(ctx context.Context, req SettingRequest) error { return set.do(ctx, c, req) }

// Policy implements [Agent].
func (c *Client) Policy(ctx context.Context) (PolicyReport, error) { return policy.do(ctx, c) }

func serveSettings(a Settings) []route {
	return []route{
		set.serve(a.Set),
		policy.serve(a.Policy),
	}
}

// Setting is a decision open to the person.
type Setting struct {
	// Key is the key's name in app/policy, as in "Autostart".
	Key string `json:"key"`
	// Value is in force: one of Values, or any text without any.
	Value  string   `json:"value"`
	Values []string `json:"values,omitempty"`
	// Own: the person has decided it.
	Own bool `json:"own,omitempty"`
	// Locked: IT has decided, by the name of [State.Managed].
	Locked bool `json:"locked,omitempty"`
}

// Managed names the managers of this computer.
type Managed struct {
	// Name is "" if IT has not said it; then the window has words of its own.
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
}

// SettingRequest changes a setting; see [Settings.Set].
type SettingRequest struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// PolicyReport is IT's decisions, for every key of app/policy.
type PolicyReport struct {
	Settings []PolicySetting `json:"settings"`
	// Sources are the examined places, strongest first.
	Sources []PolicySource `json:"sources"`
	// Problems are the unused values, and why: PolicyWrong, PolicyUnclear,
	// PolicyUnknownKey, PolicyTwice, PolicyType, PolicyUnreadable, PolicyUnsafe,
	// PolicyPrivate; of the person's own settings SettingIgnored and PolicyNotPersonal.
	Problems []Problem `json:"problems,omitempty"`
	Managed  *Managed  `json:"managed,omitempty"`
	// Network is how requests leave, nil if nobody has set a proxy.
	Network *Network `json:"network,omitempty"`
}

// PolicySource is a place for policies.
type PolicySource struct {
	// Kind is "machine-policy", "user-policy", "installer", "user-setting",
	// "policy-default", "manifest", "environment" or "built-in".
	Kind string `json:"kind"`
	// Where is the file, the registry key or the preference domain.
	Where string `json:"where,omitempty"`
}

// PolicySetting is the decision in force for one key.
type PolicySetting struct {
	Key string `json:"key"`
	// Kind is app/policy's, as in "tri-state".
	Kind string `json:"kind"`
	// Value is a JSON value of that kind; null for Objects set by nobody.
	Value  json.RawMessage `json:"value"`
	Source PolicySource    `json:"source"`
	// Overridable: the person may decide it, and does not find it locked.
	Overridable bool `json:"overridable"`
	// By is the other key with the decision on this one, with its Source; "" for none.
	By string `json:"by,omitempty"`
	// Waits names the thing of a later version needed by the value, "" for a value in
	// force.
	Waits string `json:"waits,omitempty"`
	// Others are the values of weaker sources.
	Others []PolicySaid `json:"others,omitempty"`
}

// PolicySaid is the value of a source not in force.
type PolicySaid struct {
	Value  json.RawMessage `json:"value"`
	Source PolicySource    `json:"source"`
}
