package policy

// of are policies made by hand: the machine's, the user's and IT's defaults, each by key,
// nil for nothing. Other rooms have those of policytest.
func of(machine, user, defaults map[Name]any) *Policies {
	p := &Policies{}
	for _, l := range []layer{
		{source: Source{Kind: Machine, Where: "machine"}, values: machine},
		{source: Source{Kind: User, Where: "user"}, values: user},
		{source: Source{Kind: Defaults, Where: "defaults"}, values: defaults},
	} {
		if l.values != nil {
			p.said = append(p.said, l)
			p.sources = append(p.sources, l.source)
		}
	}
	return p
}
