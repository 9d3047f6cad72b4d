# /activate, /login/password, and the rules of a new password

activate-title = First login
activate-lead = Choose your password with the help of your activation code. All fields are required.
activate-submit = Activate my account
code-label = Activation code
code-hint = Received by letter or handed over by your manager

password_expired-older-than = { $days ->
    [one] It is more than { $days } day old.
   *[other] It is more than { $days } days old.
}
password_expired-outdated-title = Your password no longer follows the rules
password_expired-outdated = The rules have changed since you chose it. { $rule }
password_expired-then = Choose a new one, then you will continue.
password_expired-then-application = Choose a new one, then you will continue to { $application }.
password_expired-submit = Save and continue

password_ends-title = { $days ->
    [0] Your password expires today
    [one] Your password expires tomorrow
   *[other] Your password expires in { $days } days
}
password_ends-lead = Your password expires on { $on }. You can change it now, or go on with it until then: afterwards, the login will ask for a new one.
password_ends-change = Change it now
password_ends-later = Later, continue
password_ends-later-application = Later, continue to { $application }

new_password-legend = New password
new_password-label = New password
new_password_again-label = The same one again
rules-title = Your new password:
rule-length = has at least { $min } characters and at most { $max } (a phrase of a few words does very well);
rule-classes = contains lower case, upper case and digits;
rule-words = contains at least { $count } different words;
rule-soi = does not contain your SOI identifier;
rule-names = contains neither your names nor your department;
rule-product = does not contain the name of this service ({ $product }) or of the City;
rule-guessable = is not easy to guess: no row of keys, no date, no common words, no password that was leaked;
rule-history = is none of your last { $count } passwords;
rule-same = is typed twice the same;
rule-all-characters = may contain any character, spaces and accents included, and may be pasted from a password manager.
rule-state-met = met
rule-state-unmet = not yet
rule-state-later = checked when sent
rules-left = Rules still to be met:
rules-done = The rules checked here are met.

breach-title = Choose another password
breach-too_short = It is too short: at least { $min } characters are needed. Add a word or two.
breach-too_long = It is too long: { $max } characters at most.
breach-lacks_classes = It lacks lower case, upper case or digits: all three are needed.
breach-lacks_words = It lacks words: at least { $words } are needed, all different.
breach-contains_soi = It contains your SOI identifier. Choose words that do not point to you.
breach-contains_name = It contains one of your names or your address. Choose words that do not point to you.
breach-contains_department = It contains the name or code of your department. Choose words that do not point to you.
breach-contains_product = It contains the name of this service or of the City, which is too easy to guess.
breach-repetitive = It repeats the same characters again and again. Choose several different words.
breach-guessable = It is easy to guess: common words, a row of the keyboard, a date or digits only. Take several words that do not belong together.
breach-listed = It is, almost entirely, a password that is too common here. Choose several words that do not belong together.
breach-used_before = You had it before. Choose one that you never used here.
breach-compromised = It was in a data breach elsewhere, so attackers try it first. Choose one that you use nowhere else.
breach-unchanged = This is your present password. Choose a new one.
breach-mismatch = The two entries differ. Type the same password twice.
breach-too_recent = You changed it too short a time ago. If somebody else knows it, call the help desk.
