package auth

import (
	"slices"
	"strings"
)

// checkDomain lets people in by the address given by the provider; see [Allowed].
func (c *Client) checkDomain(a Account) error {
	allowed := c.provider.Allowed.Domains
	if len(allowed) == 0 {
		return nil
	}
	domain := strings.ToLower(domainOf(a.Email))
	refused := &DomainError{Domain: domain, Allowed: allowed, Listed: a.EmailListed}
	if domain == "" || !slices.ContainsFunc(allowed, func(d string) bool { return strings.EqualFold(strings.TrimPrefix(d, "@"), domain) }) {
		return refused
	}
	if !a.EmailVerified && (a.EmailListed || !c.isHome(a)) {
		refused.Unverified = true
		return refused
	}
	return nil
}

// isHome reports if the account's home is a directory named in the description. The
// directory's administrators decide about its addresses then. The issuer has been checked
// already against the authority.
func (c *Client) isHome(a Account) bool {
	if c.dialect != Entra || a.Guest || a.Tenant == "" {
		return false
	}
	authority, err := parseEntraAuthority(c.provider.Authority)
	if err != nil {
		return false
	}
	named := slices.Concat(c.provider.Tenants, c.provider.Allowed.Tenants)
	// Everybody may be at home in the directory of personal accounts, with any address.
	return !strings.EqualFold(a.Tenant, PersonalTenant) &&
		(!authority.anyTenant() || slices.ContainsFunc(named, func(t string) bool { return strings.EqualFold(t, a.Tenant) }))
}
