package auth

import "slices"

// NoRefreshTokenError means the provider has signed somebody in and given no refresh
// token, as it may (RFC 6749, section 5.1). Nothing is wrong with the sign-in, but it
// cannot be renewed: it ends with the program, or when the program ends it by Expiry.
// Mostly the registration's administrators can change this. It is the SaveErr of such
// [Tokens], and never stops anything.
type NoRefreshTokenError struct {
	// Provider is its name.
	Provider string
	// Asked reports if the description of the provider asks for one, by the scope
	// offline_access (OpenID Connect Core 1.0, section 11), one of the default scopes.
	// Some providers give one without.
	Asked bool
}

func (e *NoRefreshTokenError) Error() string {
	s := "provider " + e.Provider + " gave no refresh token"
	if !e.Asked {
		s += "; its scopes do not ask for offline_access"
	}
	return s
}

// noRefreshToken is the error of an answer without a refresh token.
func (c *Client) noRefreshToken() error {
	return &NoRefreshTokenError{Provider: c.provider.Name(), Asked: slices.Contains(c.provider.scopes(), "offline_access")}
}
