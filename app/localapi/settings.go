package localapi

import (
	"context"
	"encoding/json"
)

// Settings is about what the person and IT have decided. See [Agent].
type Settings interface {
	// Set changes one of the person's settings (see [State.Settings]); an empty value
	// takes the decision back. One that IT has locked is a problem of code
	// [SettingManaged], a wrong value one of code [SettingWrong].
	Set(ctx context.Context, req SettingRequest) error
	// Policy reads what IT has decided anew, takes it into use where that can be
	// done while running, and says for every key what counts and why.
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

// Setting is something that the person may decide.
type Setting struct {
	// Key is the key's name in app/policy, as in "Autostart".
	Key string `json:"key"`
	// Value is what counts: one of Values, or any text where there are none.
	Value  string   `json:"value"`
	Values []string `json:"values,omitempty"`
	// Own says that the person has decided it.
	Own bool `json:"own,omitempty"`
	// Locked: IT has decided, and [State.Managed] says who that is.
	Locked bool `json:"locked,omitempty"`
}

// Managed says who manages this computer.
type Managed struct {
	// Name is "" where IT has not said it; words for that are the window's.
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
}

// SettingRequest changes a setting; see [Settings.Set].
type SettingRequest struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// PolicyReport is what IT has decided, for every key of app/policy.
type PolicyReport struct {
	Settings []PolicySetting `json:"settings"`
	// Sources are the places that were looked at, strongest first.
	Sources []PolicySource `json:"sources"`
	// Problems are what is not used, and why: PolicyWrong, PolicyUnclear, PolicyUnknownKey,
	// PolicyTwice, PolicyType, PolicyUnreadable, PolicyUnsafe, PolicyPrivate; of the person's own settings
	// SettingIgnored and PolicyNotPersonal.
	Problems []Problem `json:"problems,omitempty"`
	Managed  *Managed  `json:"managed,omitempty"`
	// Network is how requests leave, nil where nobody has set a proxy.
	Network *Network `json:"network,omitempty"`
}

// PolicySource is a place that policies come from.
type PolicySource struct {
	// Kind is "machine-policy", "user-policy", "installer", "user-setting",
	// "policy-default", "manifest", "environment" or "built-in".
	Kind string `json:"kind"`
	// Where is the file, the registry key or the preference domain.
	Where string `json:"where,omitempty"`
}

// PolicySetting is what counts for one key.
type PolicySetting struct {
	Key string `json:"key"`
	// Kind is app/policy's, as in "tri-state".
	Kind string `json:"kind"`
	// Value is a JSON value of that kind; null for Objects that nobody has set.
	Value  json.RawMessage `json:"value"`
	Source PolicySource    `json:"source"`
	// Overridable: the person may decide it, and does not find it locked.
	Overridable bool `json:"overridable"`
	// By is the other key that has decided this one, with its Source; "" for none.
	By string `json:"by,omitempty"`
	// Waits names what of a later version the value waits for, "" where it counts.
	Waits string `json:"waits,omitempty"`
	// Others are what weaker sources say.
	Others []PolicySaid `json:"others,omitempty"`
}

// PolicySaid is what a source says that does not count.
type PolicySaid struct {
	Value  json.RawMessage `json:"value"`
	Source PolicySource    `json:"source"`
}
