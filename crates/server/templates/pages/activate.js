// Submits the form of email_verify.html. Only loaded in the browser that was used for the sign-up.
document.getElementById("activate")?.submit();
