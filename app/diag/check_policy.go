package diag

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
)

func (x *examination) checkPolicy() []*check {
	facts := []string{"nothing is set on this computer"}
	if x.PolicyKeys > 0 {
		facts = []string{fmt.Sprintf("%d set on this computer; porticoctl policy lists them", x.PolicyKeys)}
	}
	if len(x.PolicySources) > 0 {
		facts = append(facts, "looked at: "+strings.Join(x.PolicySources, ", "))
	}
	var found []*check
	for _, p := range x.PolicyProblems {
		c := bad("policy", groupComputer, policySubject(p), &p)
		switch p.Code {
		case localapi.PolicyWrong, localapi.PolicyUnknownKey, localapi.PolicyPrivate, localapi.PolicyTwice, localapi.PolicyType, localapi.PolicyNotPersonal, localapi.SettingIgnored:
			c.Status = localapi.CheckWarning // the rest counts
		}
		found = append(found, c)
	}
	if found == nil {
		return []*check{good("policy", groupComputer, "", facts...)}
	}
	found[0].Facts = facts
	return found
}

// checkAuthorities tells of the file of extra authorities, named by IT or the
// environment, and of any replacement of the system's authorities; nil if there is
// nothing to tell.
func (x *examination) checkAuthorities() (found []*check) {
	defer func() { found = append(found, x.otherAuthorities(runtime.GOOS)...) }()
	if x.ExtraCA == nil {
		return nil
	}
	subject := "ExtraCAFile"
	if x.ExtraCAByEnv {
		subject = "PORTICO_EXTRA_CA_FILE"
	}
	return []*check{bad("authorities", groupComputer, subject, x.ExtraCA)}
}

// otherAuthorities tells of the environment's variables that replace the system's
// authorities (crypto/x509, SystemCertPool). It is no fault: some distributions and tools
// set them. Windows and macOS do not heed them.
func (x *examination) otherAuthorities(system string) (found []*check) {
	if system == "windows" || system == "darwin" {
		return nil
	}
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if value := x.Env(name); value != "" {
			found = append(found, good("authorities", groupComputer, name, "counts in place of the system's authorities: "+value))
		}
	}
	return found
}

func policySubject(p localapi.Problem) string {
	if key := p.Params["key"]; key != "" {
		return key
	}
	return p.Params["where"]
}

// waitForPolicy has whatever is missing or wrong because of an unused policy wait for
// that policy. Then that policy is no mere warning. The policies come first in all, and
// the bad ones before the warnings.
func (x *examination) waitForPolicy(all []*check) {
	for _, policy := range slices.Concat(x.policy, x.authorities) {
		if policy.Status != localapi.CheckBad && (policy.Problem == nil || policy.Problem.Code != localapi.PolicyWrong) {
			continue
		}
		for _, c := range all {
			if c.ID != "policy" && c.ID != "authorities" && c.Status == localapi.CheckBad && c.because == nil && causedByPolicy(*policy.Problem, c.Problem.Code) {
				c.because, policy.Status = policy, localapi.CheckBad
			}
		}
	}
	if len(x.policy) == 0 {
		return
	}
	facts := x.policy[0].Facts
	x.policy[0].Facts = nil
	isBad := func(c *check) bool { return c.Status == localapi.CheckBad }
	isNot := func(c *check) bool { return !isBad(c) }
	x.policy = slices.Concat(slices.DeleteFunc(slices.Clone(x.policy), isNot), slices.DeleteFunc(slices.Clone(x.policy), isBad))
	x.policy[0].Facts = facts
	copy(all, x.policy)
}

// causedByPolicy is true if a problem with the policies may be the cause of another one.
// An unused source may have decided anything.
func causedByPolicy(policy localapi.Problem, code localapi.Code) bool {
	key, _, _ := strings.Cut(policy.Params["key"], "[") // a list is named with the place in it
	if policy.Code == localapi.SignInTurnedOff {
		return false // meant so
	}
	of := func(name string, codes ...localapi.Code) bool {
		return (key == "" || key == name) && slices.Contains(codes, code)
	}
	if policy.Code == localapi.ExtraCAFile {
		return code == localapi.CertificateUnknown
	}
	return of("PortalURL", localapi.NoPortal) || of("Providers", localapi.NoPortal, localapi.NoProviders) ||
		of("Browser", localapi.BrowserMissing) || of("ExtraCAFile", localapi.CertificateUnknown) ||
		of("Proxy", localapi.ProxyUnreachable, localapi.ProxyWantsPassword, localapi.ProxyLogOn, localapi.ProxyWeaker, localapi.NameNotFound, localapi.NoNetwork, localapi.PortalUnreachable, localapi.ProviderUnreachable)
}

func (x *examination) checkAddress() *check {
	const id = "portal-address"
	switch {
	case x.PortalProblem != nil:
		return bad(id, groupComputer, x.PortalProblem.Params["address"], x.PortalProblem)
	case x.Portal != "":
		return good(id, groupComputer, x.Portal)
	case x.WithoutPortal:
		return skipped(id, groupComputer, "", "there is none, and none is needed: the providers come from a policy")
	}
	return bad(id, groupComputer, "", x.problem(localapi.NoPortal, nil))
}
