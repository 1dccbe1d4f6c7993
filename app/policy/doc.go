// Package policy says what IT decides about Portico, and what a person may decide: one
// table of keys, the operating system's values for each, and the order in which they
// count.
//
//	settings := policy.Read().Resolve(policy.Layers{})
//	address := settings.Text(policy.PortalURL)
//
// A wrong value is reported, and is neither fatal nor guessed: without it the rest
// counts. Everything else that names the keys (Group Policy templates, the macOS
// profile, the schema of the Linux file, the table for administrators) is generated
// from the table; see [Keys].
//
// It knows nothing of what the values do.
package policy
