// Presses the button of email_verify.html. Only the page in the browser of the sign-up loads this script.
document.getElementById("activate")?.submit();
