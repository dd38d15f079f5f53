import { Dashboard } from './dashboard.ts';
import { byId } from './element.ts';
import { logIn, LoginError, logOut, session } from './session.ts';

const login = byId('login');
const key = byId<HTMLInputElement>('key');
const fault = byId('login-fault');
const dashboard = byId('dashboard');
let shown: Dashboard | undefined;

function showLogin(message = ''): void {
  shown?.[Symbol.dispose]();
  shown = undefined;
  dashboard.hidden = true;
  login.hidden = false;
  fault.textContent = message;
  key.focus();
}

function showDashboard(): void {
  login.hidden = true;
  dashboard.hidden = false;
  shown = new Dashboard({ onSessionEnd: () => showLogin('The session has ended. Log in again.') });
  byId('problems').focus();
}

login.addEventListener('submit', async (event) => {
  event.preventDefault();
  fault.textContent = '';
  try {
    await logIn(key.value);
    key.value = '';
    showDashboard();
  } catch (error) {
    if (!(error instanceof LoginError)) throw error;
    fault.textContent = error.message;
    key.select();
  }
});

byId('logout').addEventListener('click', async () => {
  if (await logOut()) showLogin();
  else shown?.tell('lost', 'Not logged out: the service cannot be reached');
});

if ((await session()) === 'over') showLogin();
else showDashboard();
