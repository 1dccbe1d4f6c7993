-- What wixl 0.101 cannot say, as statements for msibuild: one a line.
-- build.sh fills in @VERSION@ (three numbers).

-- What the last installation was told is looked up under other names, in the
-- 64-bit registry (18 = a raw value, 64-bit), and counts where the command line
-- says nothing. A property that the command line gives would be overwritten by
-- AppSearch, which runs after it.
INSERT INTO `RegLocator` (`Signature_`, `Root`, `Key`, `Name`, `Type`) VALUES ('LastPortalURL', 2, 'Software\Portico', 'PortalUrl', 18)
INSERT INTO `RegLocator` (`Signature_`, `Root`, `Key`, `Name`, `Type`) VALUES ('LastAutostart', 2, 'Software\Portico', 'Autostart', 18)
INSERT INTO `RegLocator` (`Signature_`, `Root`, `Key`, `Name`, `Type`) VALUES ('LastDesktopShortcut', 2, 'Software\Portico', 'DesktopShortcut', 18)
INSERT INTO `RegLocator` (`Signature_`, `Root`, `Key`, `Name`, `Type`) VALUES ('LastStartMenu', 2, 'Software\Portico', 'StartMenu', 18)
INSERT INTO `RegLocator` (`Signature_`, `Root`, `Key`, `Name`, `Type`) VALUES ('LastInstallDir', 2, 'Software\Portico', 'InstallDir', 18)
-- What Group Policy has set, by its own names.
INSERT INTO `RegLocator` (`Signature_`, `Root`, `Key`, `Name`, `Type`) VALUES ('PolicyPortalURL', 2, 'Software\Policies\Portico', 'PortalURL', 18)
INSERT INTO `RegLocator` (`Signature_`, `Root`, `Key`, `Name`, `Type`) VALUES ('PolicyAutostart', 2, 'Software\Policies\Portico', 'Autostart', 18)
INSERT INTO `RegLocator` (`Signature_`, `Root`, `Key`, `Name`, `Type`) VALUES ('WindowsMajor', 2, 'Software\Microsoft\Windows NT\CurrentVersion', 'CurrentMajorVersionNumber', 18)
INSERT INTO `AppSearch` (`Property`, `Signature_`) VALUES ('LASTPORTALURL', 'LastPortalURL')
INSERT INTO `AppSearch` (`Property`, `Signature_`) VALUES ('LASTAUTOSTART', 'LastAutostart')
INSERT INTO `AppSearch` (`Property`, `Signature_`) VALUES ('LASTDESKTOPSHORTCUT', 'LastDesktopShortcut')
INSERT INTO `AppSearch` (`Property`, `Signature_`) VALUES ('LASTSTARTMENU', 'LastStartMenu')
INSERT INTO `AppSearch` (`Property`, `Signature_`) VALUES ('LASTINSTALLDIR', 'LastInstallDir')
INSERT INTO `AppSearch` (`Property`, `Signature_`) VALUES ('POLICYPORTALURL', 'PolicyPortalURL')
INSERT INTO `AppSearch` (`Property`, `Signature_`) VALUES ('POLICYAUTOSTART', 'PolicyAutostart')
INSERT INTO `AppSearch` (`Property`, `Signature_`) VALUES ('WINDOWSMAJOR', 'WindowsMajor')

-- The packages that wrote into Policies: found (2), from the first (256) to the last (512), and removed like every older one.
INSERT INTO `Upgrade` (`UpgradeCode`, `VersionMin`, `VersionMax`, `Attributes`, `ActionProperty`) VALUES ('{48346913-819A-4C89-B928-1861AD61583D}', '0.0.0', '0.1.0', 770, 'WROTEPOLICIES')

-- 51 sets a property, and runs nothing.
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('KeepPortalURL', 51, 'PORTALURL', '[LASTPORTALURL]')
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('KeepAutostart', 51, 'AUTOSTART', '[LASTAUTOSTART]')
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('KeepDesktopShortcut', 51, 'DESKTOPSHORTCUT', '[LASTDESKTOPSHORTCUT]')
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('KeepStartMenu', 51, 'STARTMENU', '[LASTSTARTMENU]')
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('KeepInstallDir', 51, 'INSTALLDIR', '[LASTINSTALLDIR]')
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('SetInstallLocation', 51, 'ARPINSTALLLOCATION', '[INSTALLDIR]')
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('ChangeWhatWasTold', 51, 'REINSTALL', 'ALL')
-- 210 = 18 (a program just installed) + 192 (not waited for).
INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('LaunchWindow', 210, 'portico.exe', '')

-- In both sequences: which of them searches depends on whether somebody looks on.
INSERT INTO `InstallUISequence` (`Action`, `Condition`, `Sequence`) VALUES ('AppSearch', '', 50)
INSERT INTO `InstallUISequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepPortalURL', 'NOT PORTALURL AND LASTPORTALURL', 51)
INSERT INTO `InstallUISequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepAutostart', 'NOT AUTOSTART AND LASTAUTOSTART', 52)
INSERT INTO `InstallUISequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepDesktopShortcut', 'NOT DESKTOPSHORTCUT AND LASTDESKTOPSHORTCUT', 53)
INSERT INTO `InstallUISequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepStartMenu', 'NOT STARTMENU AND LASTSTARTMENU', 54)
INSERT INTO `InstallUISequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepInstallDir', 'NOT INSTALLDIR AND LASTINSTALLDIR', 55)
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('AppSearch', '', 50)
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepPortalURL', 'NOT PORTALURL AND LASTPORTALURL', 51)
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepAutostart', 'NOT AUTOSTART AND LASTAUTOSTART', 52)
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepDesktopShortcut', 'NOT DESKTOPSHORTCUT AND LASTDESKTOPSHORTCUT', 53)
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepStartMenu', 'NOT STARTMENU AND LASTSTARTMENU', 54)
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('KeepInstallDir', 'NOT INSTALLDIR AND LASTINSTALLDIR', 55)
-- Where this very version is installed, Windows Installer does nothing and ends with 0, whatever it is told. With another value than before it is to write everything anew.
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('ChangeWhatWasTold', 'Installed AND NOT REMOVE AND NOT REINSTALL AND (PORTALURL<>LASTPORTALURL OR AUTOSTART<>LASTAUTOSTART OR DESKTOPSHORTCUT<>LASTDESKTOPSHORTCUT OR STARTMENU<>LASTSTARTMENU)', 56)
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('SetInstallLocation', '', 1010)
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('RemoveEnvironmentStrings', '', 3300)
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('WriteEnvironmentStrings', '', 5200)
-- Only where a person opened the package by hand: never from SYSTEM, never silently.
INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('LaunchWindow', 'NOT Installed AND UILevel=5 AND LAUNCH<>"0" AND UserSID<>"S-1-5-18"', 6601)
-- Within the transaction, so that a failed upgrade leaves the old version as it was.
UPDATE `InstallExecuteSequence` SET `Sequence`=1501 WHERE `Action`='RemoveExistingProducts'

-- Properties that a person's own session may pass to the installing service.
UPDATE `Property` SET `Value`='AUTOSTART;DESKTOPSHORTCUT;INSTALLDIR;LASTAUTOSTART;LASTDESKTOPSHORTCUT;LASTINSTALLDIR;LASTPORTALURL;LASTSTARTMENU;LAUNCH;POLICYAUTOSTART;POLICYPORTALURL;PORTALURL;STARTMENU;WINDOWSMAJOR;WROTEPOLICIES;WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED' WHERE `Property`='SecureCustomProperties'

-- A wrong parameter ends the installation before it changes anything. What is remembered stops no repair, and nothing stops a removal.
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('Installed OR (VersionNT64 AND WINDOWSMAJOR)', 'Portico needs Windows 10, Windows Server 2016 or newer, 64-bit.')
-- What a condition can see of an address: how it begins, and what is in it. Where the host ends it cannot, so an @ in a path is refused too, and a port is
-- not looked at. packaging/addresses has the rule, and what this does otherwise. Each condition has room for 255 characters. No message repeats the address:
-- it can have a password, and everybody may read the event log.
INSERT INTO `Property` (`Property`, `Value`) VALUES ('QUOTE', '"')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR Installed AND PORTALURL=LASTPORTALURL OR NOT PORTALURL OR PORTALURL="none" OR PORTALURL~<<"https://" OR PORTALURL~<<"http://localhost" OR PORTALURL~<<"http://127.0.0.1" OR PORTALURL~<<"http://[::1]"', 'PORTALURL has to be the address of the portal, such as https://portal.example.com, or none.')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR Installed AND PORTALURL=LASTPORTALURL OR NOT PORTALURL~<<"http://localhost" OR PORTALURL~="http://localhost" OR PORTALURL~<<"http://localhost:" OR PORTALURL~<<"http://localhost/"', 'PORTALURL has to be the address of the portal, such as https://portal.example.com, or none.')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR Installed AND PORTALURL=LASTPORTALURL OR NOT PORTALURL~<<"http://127.0.0.1" OR PORTALURL~="http://127.0.0.1" OR PORTALURL~<<"http://127.0.0.1:" OR PORTALURL~<<"http://127.0.0.1/"', 'PORTALURL has to be the address of the portal, such as https://portal.example.com, or none.')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR Installed AND PORTALURL=LASTPORTALURL OR NOT PORTALURL~<<"http://[::1]" OR PORTALURL~="http://[::1]" OR PORTALURL~<<"http://[::1]:" OR PORTALURL~<<"http://[::1]/"', 'PORTALURL has to be the address of the portal, such as https://portal.example.com, or none.')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR Installed AND PORTALURL=LASTPORTALURL OR NOT PORTALURL OR PORTALURL="none" OR PORTALURL><"." OR PORTALURL><"[" OR PORTALURL~<<"https://localhost" OR PORTALURL~<<"http://localhost"', 'PORTALURL has to be the address of the portal, such as https://portal.example.com, or none.')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR Installed AND PORTALURL=LASTPORTALURL OR NOT (PORTALURL~<<"https:///" OR PORTALURL~<<"https://?" OR PORTALURL~<<"https://." OR PORTALURL~<<"https://:" OR PORTALURL~<<"https://https:" OR PORTALURL~<<"https://[" AND NOT PORTALURL><"]")', 'PORTALURL has to be the address of the portal, such as https://portal.example.com, or none.')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR Installed AND PORTALURL=LASTPORTALURL OR NOT (PORTALURL><" " OR PORTALURL><QUOTE OR PORTALURL><"<" OR PORTALURL><">" OR PORTALURL><"\" OR PORTALURL><"@" OR PORTALURL><"#")', 'PORTALURL has to be an address alone: without blanks, quotation marks, a name or a password before an @, and without #.')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR Installed AND AUTOSTART=LASTAUTOSTART OR NOT AUTOSTART OR AUTOSTART="always" OR AUTOSTART="never" OR AUTOSTART="user-decides"', 'AUTOSTART has to be always, never or user-decides. It was: [AUTOSTART]')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR Installed AND DESKTOPSHORTCUT=LASTDESKTOPSHORTCUT OR NOT DESKTOPSHORTCUT OR DESKTOPSHORTCUT="0" OR DESKTOPSHORTCUT="1"', 'DESKTOPSHORTCUT has to be 0 or 1. It was: [DESKTOPSHORTCUT]')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR Installed AND STARTMENU=LASTSTARTMENU OR NOT STARTMENU OR STARTMENU="0" OR STARTMENU="1"', 'STARTMENU has to be 0 or 1. It was: [STARTMENU]')
INSERT INTO `LaunchCondition` (`Condition`, `Description`) VALUES ('REMOVE OR NOT LAUNCH OR LAUNCH="0" OR LAUNCH="1"', 'LAUNCH has to be 0 or 1. It was: [LAUNCH]')

-- 324 = 256 (64-bit) + 64 (the condition counts again in a repair) + 4 (the key path is in the registry).
-- 340 = 324 + 16 (permanent: no removal takes it).
UPDATE `Component` SET `Condition`='NOT Installed AND WROTEPOLICIES AND POLICYPORTALURL AND POLICYPORTALURL<>LASTPORTALURL', `Attributes`=340 WHERE `Component`='KeptPortalURL'
UPDATE `Component` SET `Condition`='NOT Installed AND WROTEPOLICIES AND POLICYAUTOSTART AND POLICYAUTOSTART<>LASTAUTOSTART', `Attributes`=340 WHERE `Component`='KeptAutostart'
UPDATE `Component` SET `Condition`='STARTMENU<>"0"', `Attributes`=324 WHERE `Component`='StartMenu'
UPDATE `Component` SET `Condition`='DESKTOPSHORTCUT="1"', `Attributes`=324 WHERE `Component`='Desktop'

-- porticoctl on the machine's PATH (=: at installation; -: away at removal; *: the machine's), after what is there.
CREATE TABLE `Environment` (`Environment` CHAR(72) NOT NULL, `Name` CHAR(255) NOT NULL LOCALIZABLE, `Value` CHAR(255) LOCALIZABLE, `Component_` CHAR(72) NOT NULL PRIMARY KEY `Environment`)
INSERT INTO `Environment` (`Environment`, `Name`, `Value`, `Component_`) VALUES ('Path', '=-*PATH', '[~];[INSTALLDIR]', 'Console')

-- One button in the taskbar for the shortcut and the window that it opens.
CREATE TABLE `MsiShortcutProperty` (`MsiShortcutProperty` CHAR(72) NOT NULL, `Shortcut_` CHAR(72) NOT NULL, `PropertyKey` CHAR(0) NOT NULL, `PropVariantValue` CHAR(0) NOT NULL PRIMARY KEY `MsiShortcutProperty`)
INSERT INTO `MsiShortcutProperty` (`MsiShortcutProperty`, `Shortcut_`, `PropertyKey`, `PropVariantValue`) VALUES ('StartMenuAppID', 'StartMenuShortcut', 'System.AppUserModel.ID', 'io.github.portico_desktop.Portico')
INSERT INTO `MsiShortcutProperty` (`MsiShortcutProperty`, `Shortcut_`, `PropertyKey`, `PropVariantValue`) VALUES ('DesktopAppID', 'DesktopShortcut', 'System.AppUserModel.ID', 'io.github.portico_desktop.Portico')

-- A repair replaces a program by its version, other files by their hash.
UPDATE `File` SET `Version`='@VERSION@.0', `Language`='1033' WHERE `Component_`='Window'
UPDATE `File` SET `Version`='@VERSION@.0', `Language`='1033' WHERE `Component_`='Agent'
UPDATE `File` SET `Version`='@VERSION@.0', `Language`='1033' WHERE `Component_`='Console'
DELETE FROM `MsiFileHash` WHERE `File_`='portico.exe'
DELETE FROM `MsiFileHash` WHERE `File_`='portico_agent.exe'
DELETE FROM `MsiFileHash` WHERE `File_`='porticoctl.exe'
