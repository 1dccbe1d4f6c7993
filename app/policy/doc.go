// Package policy is the rule for the decisions of IT about Portico, and for a person's
// own: one table of keys, the operating system's word on each, and the order of several
// sources.
//
//	settings := policy.Read().Resolve(policy.Layers{})
//	address := settings.Text(policy.PortalURL)
//
// A wrong value is reported, and never fatal, and never guessed: without it the rest
// counts. Everything else that names the keys (Group Policy templates, the macOS
// profile, the schema of the Linux file, the table for administrators) is generated
// from the table; see [Keys].
//
// It knows nothing of the effect of the values.
package policy
