package diag

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/auth"
)

// mostListed bounds how many keys, scopes or differences are listed.
const mostListed = 12

// inspectionFacts are a provider's announcements and publications, and what is asked of
// it.
func inspectionFacts(i *auth.Inspection) []string {
	return slices.Concat(keyFacts(i), scopeFacts(i), protectionFacts(i), copyFacts(i.Copy))
}

// keyFacts tell how ID tokens are signed, and name the keys to check them with.
func keyFacts(i *auth.Inspection) []string {
	m := i.Metadata
	announced := "RS256, because it announces nothing"
	if len(m.SigningAlgs) > 0 {
		announced = listed(m.SigningAlgs)
	}
	facts := []string{"signs ID tokens with " + announced + "; Portico takes " + listed(i.Algorithms)}
	if i.KeysErr != nil {
		return append(facts, "its keys could not be read")
	}
	used := 0
	var each []string
	for _, k := range i.Keys {
		what := fmt.Sprintf("key %q", forDisplay(k.ID))
		if k.ID == "" {
			what = "a key without an id"
		}
		if k.Unusable != "" {
			each = append(each, what+" is not used: "+forDisplay(k.Unusable))
			continue
		}
		used++
		what += " is " + forDisplay(k.Kind)
		if k.Algorithm != "" {
			what += ", for " + forDisplay(k.Algorithm)
		}
		each = append(each, what)
	}
	facts = append(facts, fmt.Sprintf("%d of %s can be used, from %s", used, counted(len(i.Keys), "key"), withoutQuery(m.JWKSURI)))
	return append(facts, bounded(each)...)
}

func scopeFacts(i *auth.Inspection) []string {
	facts := []string{"asks for the scopes " + listed(i.Scopes)}
	if len(i.LeftOut) > 0 {
		facts = append(facts, "does not ask for "+listed(i.LeftOut)+", which this provider does not have")
	}
	if len(i.Unannounced) > 0 {
		facts = append(facts, "asks for "+listed(i.Unannounced)+", which it does not announce; many providers announce only some")
	}
	if i.NotLasting {
		facts = append(facts, "offline_access is not announced: unless this provider keeps sign-ins without it, people have to sign in at every start")
	}
	prompt := i.Prompt
	if prompt == "" {
		prompt = "none"
	}
	if len(i.Metadata.Prompts) > 0 {
		prompt += "; it announces " + listed(i.Metadata.Prompts)
	}
	return append(facts, "prompt asked for: "+forDisplay(prompt))
}

// protectionFacts are the ways to protect a sign-in that not every provider has.
func protectionFacts(i *auth.Inspection) []string {
	m := i.Metadata
	pushed := "not offered"
	switch {
	case m.PARRequired:
		pushed = "required"
	case i.Pushed:
		pushed = "offered and used, not required"
	case m.PAREndpoint != "":
		pushed = "offered and not used"
	}
	proofs := "not offered"
	switch {
	case i.DPoP:
		proofs = "used; offered with " + listed(m.DPoPAlgs)
	case len(m.DPoPAlgs) > 0:
		proofs = "not used; offered with " + listed(m.DPoPAlgs)
	}
	methods := "not said in its metadata"
	if len(m.AuthMethods) > 0 {
		methods = listed(m.AuthMethods)
	}
	return []string{
		"pushed requests (PAR): " + pushed,
		"bound to this computer (DPoP): " + proofs,
		"ways for clients to authenticate: " + methods,
		fmt.Sprintf("names itself in its answers (iss): %v", m.IssInResponse),
	}
}

// copyFacts compare Portico's notes with what the provider says now.
func copyFacts(c *auth.MetadataCopy) []string {
	if c == nil {
		return []string{"nothing of it is noted on this computer yet"}
	}
	age := "is fresh"
	if !c.Fresh {
		age = "has to be confirmed by now, which the next renewal does"
	}
	facts := []string{"noted on this computer on " + day(c.Read) + ", which " + age}
	var each []string
	for _, d := range c.Differences {
		before, now := orNothing(forDisplay(d.Before)), orNothing(forDisplay(d.Now))
		each = append(each, fmt.Sprintf("%s was %s and is %s now; the next renewal notes it", forDisplay(d.Name), before, now))
	}
	return append(facts, bounded(each)...)
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// listed words a list that somebody else has written.
func listed(values []string) string {
	if len(values) == 0 {
		return "none"
	}
	more := ""
	if len(values) > mostListed {
		values, more = values[:mostListed], ", …"
	}
	return forDisplay(strings.Join(values, ", ")) + more
}

// bounded leaves out facts that nobody would read any more.
func bounded(facts []string) []string {
	if len(facts) <= mostListed {
		return facts
	}
	return append(facts[:mostListed:mostListed], fmt.Sprintf("and %d more", len(facts)-mostListed))
}
