// Package policy is what IT decides about Portico, and what a person may decide
// for themselves: one table of keys, what the operating system says about each,
// and which of several sayings counts.
//
//	settings := policy.Read().Resolve(policy.Layers{})
//	address := settings.Text(policy.PortalURL)
//
// A wrong value is reported and never fatal, and never guessed: what is left
// counts as if it had not been said. Everything that names the keys elsewhere
// (Group Policy templates, the macOS profile, the schema of the Linux file, the
// table for administrators) is generated from the table; see [Keys].
//
// It knows nothing of what the values do.
package policy
